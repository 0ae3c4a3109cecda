using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.Silo.Policies;

/// <summary>Works off what a change of a partner's policy left to be looked at: one organization a transaction, each once.</summary>
/// <remarks>The request that made the change works it off before it is answered; what it cannot, because its silo dies, <see cref="ScheduleRecovery"/> does.</remarks>
internal sealed class PolicyReviews(IDatabase database, TimeProvider clock)
{
    /// <summary>Leaves organizations to be looked at, in the transaction of the change.</summary>
    public static Task Ask(DbTransaction tx, IReadOnlyCollection<OrgId> orgs, DateTimeOffset now) => tx.ExecuteRows(
        "insert into policy_reviews (org_id, asked_at) select v.org, @now from ({rows}) v where true order by v.org"
        // Not "do nothing": a review that is under way began before this change, and takes its row away when it ends.
        + " on conflict (org_id) do update set asked_at = excluded.asked_at",
        new Rows().Uuid("org", [.. orgs.Select(o => o.Value).Distinct()]),
        new { now });

    /// <summary>Looks at organizations until none is left.</summary>
    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested && await database.Write(One, cancel))
        {
            // The next one, in a transaction of its own.
        }
    }

    private async Task<bool> One(DbTransaction tx)
    {
        // Another silo may be at it too: each takes what no other holds.
        var hold = tx.Connection is SqliteConnection ? "" : " for update skip locked";
        var org = await tx.Connection!.QueryFirstOrDefaultAsync<Guid?>($"select r.org_id from policy_reviews r order by r.asked_at, r.org_id limit 1{hold}", null, tx);
        if (org is not { } id)
        {
            return false;
        }

        await AutoApprovals.Review(tx, new OrgId(id), clock.GetUtcNow());
        await tx.Connection!.ExecuteAsync("delete from policy_reviews where org_id = @id", new { id }, tx);
        return true;
    }
}
