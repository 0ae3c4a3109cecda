using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Deletes what became of a schedule's days long ago. A day that still waits is never deleted.</summary>
internal sealed class OccurrenceRetention(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<OccurrenceRetention> logger)
    : RetentionLoop(database, settings.Retention.OccurrenceDays, clock, logger)
{
    protected override string What => "policy_occurrences";

    protected override Task<int> Delete(DbTransaction tx, DateTimeOffset before) => tx.Connection!.ExecuteAsync(
        $"""
        delete from policy_occurrences where state <> 1 and due_at < @before and (policy_id, org_id, time_zone, local_date) in (
          select o.policy_id, o.org_id, o.time_zone, o.local_date from policy_occurrences o where o.state <> 1 and o.due_at < @before
          order by o.due_at limit {StepRows}{SkipHeld(tx, "o")})
        """,
        new { before },
        tx);
}
