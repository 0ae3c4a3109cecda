using Breeze.Client.Http;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;

namespace Breeze.Client;

/// <summary>Deployments: every endpoint under <c>/api/v1/deployments</c>.</summary>
/// <remarks>
/// Everything here throws <see cref="BreezeException"/> when refused or unreachable. Every POST carries an <c>Idempotency-Key</c> of its own,
/// so that it acts once however often it had to be sent.
/// </remarks>
public sealed class DeploymentsClient
{
    private const string Root = "api/v1/deployments";
    private readonly Transport _transport;

    internal DeploymentsClient(Transport transport) => _transport = transport;

    /// <summary>One page, newest first.</summary>
    /// <param name="status">A state's wire name, or <c>active</c> for the three derived ones; null for all.</param>
    /// <param name="limit">1–100.</param>
    /// <param name="search">Part of the name, in either case of letters; null for all.</param>
    public Task<OffsetList<Deployment>> Page(
        string? status = null, string? type = null, Guid? orgId = null, int limit = 50, int? offset = null, string? cursor = null, string? search = null, CancellationToken cancel = default) =>
        _transport.SendBare<OffsetList<Deployment>>(
            new(HttpMethod.Get, Query.To(
                Root, ("status", status), ("type", type), ("orgId", orgId), ("search", search), ("limit", limit), ("offset", offset), ("cursor", cursor))),
            cancel);

    /// <summary>All of them, newest first, page by page as they are consumed.</summary>
    public IAsyncEnumerable<Deployment> List(
        string? status = null, string? type = null, Guid? orgId = null, string? search = null, CancellationToken cancel = default) =>
        Cursors.Walk((cursor, token) => Page(status, type, orgId, 100, null, cursor, search, token), page => (page.Data, page.NextCursor), cancel);

    /// <param name="run"><c>rollout</c> shows the first run of one that is or was rolled back; null the current one.</param>
    public Task<Versioned<Deployment>> Get(Guid id, string? run = null, CancellationToken cancel = default) =>
        _transport.SendVersioned<Deployment>(new(HttpMethod.Get, Query.To($"{Root}/{id}", ("run", run))), cancel);

    public Task<Versioned<Deployment>> Create(DeploymentBody body, CancellationToken cancel = default) =>
        _transport.SendVersioned<Deployment>(new(HttpMethod.Post, Root) { Body = body }, cancel);

    /// <summary>Replaces the whole configuration of a draft.</summary>
    /// <param name="ifMatch">The ETag as read; null overwrites whatever is there.</param>
    public Task<Versioned<Deployment>> Update(Guid id, DeploymentBody body, string? ifMatch = null, CancellationToken cancel = default) =>
        _transport.SendVersioned<Deployment>(new(HttpMethod.Put, $"{Root}/{id}") { Body = body, IfMatch = ifMatch }, cancel);

    /// <summary>Deletes a draft.</summary>
    public Task Delete(Guid id, string? ifMatch = null, CancellationToken cancel = default) =>
        _transport.Send(new(HttpMethod.Delete, $"{Root}/{id}") { IfMatch = ifMatch }, cancel);

    /// <summary>Resolves the targets and their batches; nothing is sent to a device.</summary>
    public Task<InitializedDeployment> Initialize(Guid id, CancellationToken cancel = default) =>
        _transport.Send<InitializedDeployment>(new(HttpMethod.Post, $"{Root}/{id}/initialize") { Timeout = _transport.Options.InitializeTimeout }, cancel);

    public Task<Deployment> Start(Guid id, CancellationToken cancel = default) => Act(id, "start", cancel);

    /// <summary>Once answered, no further command of it is sent; devices in flight finish.</summary>
    public Task<Deployment> Pause(Guid id, CancellationToken cancel = default) => Act(id, "pause", cancel);

    /// <summary>Goes on, and accepts the failures so far.</summary>
    public Task<Deployment> Resume(Guid id, CancellationToken cancel = default) => Act(id, "resume", cancel);

    /// <summary>Ends it for good; what devices have accepted goes on.</summary>
    public Task<Deployment> Cancel(Guid id, CancellationToken cancel = default) => Act(id, "cancel", cancel);

    /// <summary>Starts the second run, which undoes the first on the devices that completed it.</summary>
    public Task<Deployment> Rollback(Guid id, CancellationToken cancel = default) => Act(id, "rollback", cancel);

    /// <summary>One page of a run's batches, the first batch first.</summary>
    /// <param name="limit">1–100.</param>
    public Task<OffsetList<DeploymentBatch>> BatchPage(
        Guid id, string? run = null, int limit = 50, int? offset = null, string? cursor = null, CancellationToken cancel = default) =>
        _transport.SendBare<OffsetList<DeploymentBatch>>(
            new(HttpMethod.Get, Query.To($"{Root}/{id}/batches", ("run", run), ("limit", limit), ("offset", offset), ("cursor", cursor))), cancel);

    /// <summary>All batches of a run, page by page as they are consumed.</summary>
    public IAsyncEnumerable<DeploymentBatch> Batches(Guid id, string? run = null, CancellationToken cancel = default) =>
        Cursors.Walk((cursor, token) => BatchPage(id, run, 100, null, cursor, token), page => (page.Data, page.NextCursor), cancel);

    /// <summary>One page of device records, by batch, hostname, id.</summary>
    /// <param name="limit">1–100.</param>
    /// <param name="search">Part of the hostname or the display name, in either case of letters; null for all.</param>
    public Task<OffsetList<DeviceRecord>> DevicePage(
        Guid id, string? status = null, int? batchNumber = null, string? run = null, int limit = 50, int? offset = null, string? cursor = null, string? search = null, CancellationToken cancel = default) =>
        _transport.SendBare<OffsetList<DeviceRecord>>(
            new(HttpMethod.Get, Query.To(
                $"{Root}/{id}/devices", ("status", status), ("batchNumber", batchNumber), ("run", run), ("search", search), ("limit", limit), ("offset", offset), ("cursor", cursor))),
            cancel);

    /// <summary>All device records, page by page as they are consumed.</summary>
    public IAsyncEnumerable<DeviceRecord> Devices(
        Guid id, string? status = null, int? batchNumber = null, string? run = null, string? search = null, CancellationToken cancel = default) =>
        Cursors.Walk(
            (cursor, token) => DevicePage(id, status, batchNumber, run, 100, null, cursor, search, token), page => (page.Data, page.NextCursor), cancel);

    /// <summary>One device's record with all its attempts.</summary>
    public Task<DeviceRecord> Device(Guid id, Guid deviceId, string? run = null, CancellationToken cancel = default) =>
        _transport.Send<DeviceRecord>(new(HttpMethod.Get, Query.To($"{Root}/{id}/devices/{deviceId}", ("run", run))), cancel);

    /// <summary>Failures grouped by what they say, the largest group first.</summary>
    public Task<IReadOnlyList<FailureGroup>> Failures(Guid id, string? run = null, CancellationToken cancel = default) =>
        _transport.Send<IReadOnlyList<FailureGroup>>(new(HttpMethod.Get, Query.To($"{Root}/{id}/failures", ("run", run))), cancel);

    /// <summary>One more attempt for one device; refused with <c>retryCount</c> and <c>maxRetries</c> when they are exhausted.</summary>
    public Task<DeviceRecord> Retry(Guid id, Guid deviceId, CancellationToken cancel = default) =>
        _transport.Send<DeviceRecord>(new(HttpMethod.Post, $"{Root}/{id}/devices/{deviceId}/retry"), cancel);

    /// <summary>One more attempt for many: by ids, or all that failed in one way.</summary>
    public Task<RetriedMany> RetryMany(Guid id, RetryManyBody body, CancellationToken cancel = default) =>
        _transport.Send<RetriedMany>(new(HttpMethod.Post, $"{Root}/{id}/devices/retry") { Body = body }, cancel);

    private Task<Deployment> Act(Guid id, string action, CancellationToken cancel) =>
        _transport.Send<Deployment>(new(HttpMethod.Post, $"{Root}/{id}/{action}"), cancel);
}
