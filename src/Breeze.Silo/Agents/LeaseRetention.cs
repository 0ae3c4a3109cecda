using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Deletes leases of silos that ended long ago, once no device was last seen by them alone.</summary>
internal sealed class LeaseRetention(IDatabase database, TimeProvider clock, ILogger<LeaseRetention> logger)
    : RetentionLoop(database, KeptForDays, clock, logger)
{
    private const int KeptForDays = 30;

    protected override string What => "silo_leases";

    // A device that never came back has no other note of when it was last there than its silo's lease.
    protected override Task<int> Delete(DbTransaction tx, DateTimeOffset before) => tx.Connection!.ExecuteAsync(
        $"""
        delete from silo_leases where silo_id in (
          select l.silo_id from silo_leases l where l.lease_until < @before
            and not exists (select 1 from devices d where d.silo_id = l.silo_id and d.disconnected_at is null)
          limit {StepRows}{SkipHeld(tx, "l")})
        """,
        new { before },
        tx);
}
