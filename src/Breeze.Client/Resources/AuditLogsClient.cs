using Breeze.Client.Http;
using Breeze.Contracts.Access;

namespace Breeze.Client.Resources;

/// <summary>Who did what: read only.</summary>
public sealed class AuditLogsClient : ListedResource<AuditLog>
{
    internal AuditLogsClient(Transport transport)
        : base(transport, "audit-logs")
    {
    }

    /// <summary>Recomputes the hash chains that this key may see.</summary>
    /// <param name="orgId">One organization's alone; null for all.</param>
    public Task<AuditVerification> Verify(Guid? orgId = null, CancellationToken cancel = default) =>
        Transport.Send<AuditVerification>(new(HttpMethod.Get, Query.To($"{Path}/verify", ("orgId", orgId))), cancel);
}
