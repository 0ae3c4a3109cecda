using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;

namespace Breeze.Silo.Fleet;

/// <summary>The audit line of an operator's change to an organization's fleet.</summary>
internal static class FleetAudit
{
    public static Task Write(
        DbTransaction tx, Caller caller, OrgId org, TimeProvider clock, string action, string kind, Guid id, object? details = null) =>
        Audit.Write(tx, new AuditEntry(
            AuditChain.Org(org), clock.GetUtcNow(), AuditActor.Of(caller), action, kind, id.ToString(), Details: details));
}
