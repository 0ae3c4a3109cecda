using Breeze.Client.Http;
using Breeze.Client.Resources;
using Breeze.Contracts.Patches;

namespace Breeze.Client.Patches;

/// <summary>The catalogue, scans, and what organizations decide about patches.</summary>
/// <remarks>The list takes <c>orgId, source, severity, os, status, search, sort</c>; status needs one organization.</remarks>
public sealed class PatchesClient : ListedResource<Patch>
{
    internal PatchesClient(Transport transport)
        : base(transport, "patches")
    {
        Approvals = new(transport, "patches/approvals");
        Sources = new(transport, "patches/sources");
    }

    /// <summary>Decided patches as they stand now; takes <c>orgId, patchId, status</c>. One whose deferral is over shows as pending.</summary>
    public PlainList<PatchApproval> Approvals { get; }

    /// <summary>Where patches come from; takes <c>orgId, os</c>.</summary>
    public PlainList<PatchSourceSummary> Sources { get; }

    /// <param name="orgId">As this organization sees it; null: as all that the key may see do.</param>
    public Task<Patch> Get(Guid id, Guid? orgId = null, CancellationToken cancel = default) =>
        Transport.SendBare<Patch>(new(HttpMethod.Get, Query.To($"{Path}/{id}", ("orgId", orgId))), cancel);

    /// <summary>Asks devices to look for patches; those that are offline do so when they connect.</summary>
    /// <param name="deviceIds">1 to 10,000.</param>
    /// <param name="source">Null: all sources that the device's system has.</param>
    public Task<PatchScanAnswer> Scan(IReadOnlyList<Guid> deviceIds, string? source = null, CancellationToken cancel = default) =>
        Transport.SendBare<PatchScanAnswer>(new(HttpMethod.Post, $"{Path}/scan") { Body = new PatchScanRequest(deviceIds, source) }, cancel);

    public Task<DecidedPatch> Approve(Guid id, DecisionBody body, CancellationToken cancel = default) => Decide(id, "approve", body, cancel);

    public Task<DecidedPatch> Decline(Guid id, DecisionBody body, CancellationToken cancel = default) => Decide(id, "decline", body, cancel);

    /// <summary>Puts the decision off; at its instant the patch is pending again by itself.</summary>
    public Task<DecidedPatch> Defer(Guid id, DeferralBody body, CancellationToken cancel = default) => Decide(id, "defer", body, cancel);

    /// <summary>Approves up to 1,000; a rejected one is not approved in this way.</summary>
    public Task<BulkApproval> BulkApprove(BulkApprovalBody body, CancellationToken cancel = default) =>
        Transport.SendBare<BulkApproval>(new(HttpMethod.Post, $"{Path}/bulk-approve") { Body = body }, cancel);

    /// <summary>Every decision about one patch, policies' too, the latest first.</summary>
    public IAsyncEnumerable<PatchDecision> History(Guid id, Guid? orgId = null, CancellationToken cancel = default) =>
        Decisions(id).List([("orgId", orgId)], cancel);

    /// <summary>The same, page by page; takes <c>orgId</c>.</summary>
    public PlainList<PatchDecision> Decisions(Guid id) => new(Transport, $"patches/{id}/approvals");

    /// <summary>What one device has and is offered.</summary>
    public IAsyncEnumerable<PatchOnDevice> OnDevice(
        Guid deviceId, string? status = null, string? source = null, string? severity = null, CancellationToken cancel = default) =>
        OfDevice(deviceId).List([("status", status), ("source", source), ("severity", severity)], cancel);

    /// <summary>The same, page by page; takes <c>status, source, severity</c>.</summary>
    public PlainList<PatchOnDevice> OfDevice(Guid deviceId) => new(Transport, $"devices/{deviceId}/patches");

    private Task<DecidedPatch> Decide(Guid id, string action, object body, CancellationToken cancel) =>
        Transport.SendBare<DecidedPatch>(new(HttpMethod.Post, $"{Path}/{id}/{action}") { Body = body }, cancel);
}
