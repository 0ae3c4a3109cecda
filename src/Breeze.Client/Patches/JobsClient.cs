using Breeze.Client.Http;
using Breeze.Client.Resources;
using Breeze.Contracts.Jobs;

namespace Breeze.Client.Patches;

/// <summary>Patch jobs; policies make them. The list takes <c>orgId, policyId, status</c>.</summary>
public sealed class JobsClient : ListedResource<PatchJob>
{
    internal JobsClient(Transport transport)
        : base(transport, "patches/jobs")
    {
    }

    public Task<PatchJob> Get(Guid id, CancellationToken cancel = default) => Transport.Send<PatchJob>(new(HttpMethod.Get, $"{Path}/{id}"), cancel);

    /// <summary>Its devices by hostname and id, each patch by patch.</summary>
    public IAsyncEnumerable<PatchJobResult> Results(Guid id, string? status = null, CancellationToken cancel = default) =>
        ResultsOf(id).List([("status", status)], cancel);

    /// <summary>The same, page by page; takes <c>status</c>.</summary>
    public PlainList<PatchJobResult> ResultsOf(Guid id) => new(Transport, $"patches/jobs/{id}/results");

    /// <summary>Ends it for good; what devices have accepted goes on.</summary>
    public Task<PatchJob> Cancel(Guid id, CancellationToken cancel = default) => Transport.Send<PatchJob>(new(HttpMethod.Post, $"{Path}/{id}/cancel"), cancel);
}

/// <summary>Rollbacks of patches, device by device. The list takes <c>orgId, patchId, deviceId, rollbackId, status</c>.</summary>
public sealed class RollbacksClient : ListedResource<PatchRollback>
{
    internal RollbacksClient(Transport transport)
        : base(transport, "patches/rollbacks")
    {
    }

    /// <summary>Takes a patch off devices.</summary>
    public Task<PatchRollbackAnswer> Create(Guid patchId, PatchRollbackBody body, CancellationToken cancel = default) =>
        Transport.SendBare<PatchRollbackAnswer>(new(HttpMethod.Post, $"api/v1/patches/{patchId}/rollback") { Body = body }, cancel);

    /// <param name="rollbackId">What was asked for, over all its devices.</param>
    public Task<CancelledRollback> Cancel(Guid rollbackId, CancellationToken cancel = default) =>
        Transport.Send<CancelledRollback>(new(HttpMethod.Post, $"{Path}/{rollbackId}/cancel"), cancel);
}
