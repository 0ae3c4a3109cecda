using Breeze.Silo.Policies;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

public abstract class OccurrenceRetentionTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_schedules_old_days_go_unless_they_still_wait()
    {
        var policy = Guid.NewGuid();
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            """
            insert into policy_occurrences (policy_id, org_id, time_zone, local_date, due_at, state) values
              (@policy, @policy, 'UTC', '1970-01-01', 1000, 1), (@policy, @policy, 'UTC', '1970-01-02', 1000, 2),
              (@policy, @policy, 'UTC', '1970-01-03', 1000, 4), (@policy, @policy, 'UTC', '2026-01-01', @now, 2)
            """,
            new { policy, now = silo.Clock.Now },
            tx));
        var (sweep, other) = (Loop(), Loop());
        await Task.WhenAll(Finish(sweep), Finish(other));
        Assert.Equal(["1970-01-01", "2026-01-01"], await silo.Database.Read(c => c.QueryAsync<string>(
            "select local_date from policy_occurrences where policy_id = @policy order by local_date", new { policy })));
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync("delete from policy_occurrences where policy_id = @policy", new { policy }, tx));
    }

    private OccurrenceRetention Loop() => ActivatorUtilities.CreateInstance<OccurrenceRetention>(silo.Services);

    private static async Task Finish(OccurrenceRetention loop)
    {
        while (await loop.Step(isFirst: false) > 0)
        {
        }
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : OccurrenceRetentionTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : OccurrenceRetentionTests(silo);
}
