using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>What must hold at every look, asked of the tables themselves.</summary>
public static class Invariants
{
    public static async Task Hold(SiloFixture silo, Guid deployment) =>
        Assert.Empty(await Broken(silo, "= @id", deployment));

    /// <summary>What is broken in any deployment of an organization; a statement a question, however many deployments it has.</summary>
    public static Task<IReadOnlyList<string>> BrokenIn(SiloFixture silo, Guid org) =>
        Broken(silo, "in (select id from deployments where org_id = @id)", org);

    private static Task<IReadOnlyList<string>> Broken(SiloFixture silo, string which, Guid id) =>
        silo.Database.Read<IReadOnlyList<string>>(async connection =>
        {
            // One statement a question, so that each is one snapshot.
            var counts = await connection.QueryAsync<string>(
                $$"""
                select 'I3: shard ' || s.shard || ' of run ' || s.run || ' counts what its rows do not say'
                from deployment_counts s join deployments p on p.id = s.deployment_id
                left join (
                  select d.deployment_id, d.run, c.shard,
                    sum(case when d.status = 1 then 1 else 0 end) as pending,
                    sum(case when d.status = 1 and d.attempt > 0 then 1 else 0 end) as retrying,
                    sum(case when d.status = 2 then 1 else 0 end) as running,
                    sum(case when d.status = 2 and k.state = 3 then 1 else 0 end) as accepted,
                    sum(case when d.status = 3 then 1 else 0 end) as completed,
                    sum(case when d.status = 4 then 1 else 0 end) as failed,
                    sum(case when d.status = 5 then 1 else 0 end) as skipped
                  from deployment_devices d
                  join deployments p on p.id = d.deployment_id
                  join deployment_counts c on c.deployment_id = d.deployment_id and c.run = d.run
                    and d.ordinal >= c.first_ordinal and d.ordinal < c.first_ordinal + p.shard_size and d.ordinal / p.batch_size = c.first_ordinal / p.batch_size
                  left join device_commands k on k.id = d.command_id
                  where d.deployment_id {{which}} group by d.deployment_id, d.run, c.shard) r
                  on r.deployment_id = s.deployment_id and r.run = s.run and r.shard = s.shard
                where s.deployment_id {{which}} and p.stage > 1 and (s.pending <> r.pending or s.retrying <> r.retrying or s.running <> r.running
                  or s.accepted <> r.accepted or s.completed <> r.completed or s.failed <> r.failed or s.skipped <> r.skipped
                  or s.pending + s.running + s.completed + s.failed + s.skipped <> s.device_count)
                """,
                new { id });
            var attempts = await connection.QueryAsync<string>(
                $$"""
                select 'I4: a device has ' || count(*) || ' commands of run ' || d.run || ' at attempt ' || max(d.attempt)
                from deployment_devices d join device_commands k on k.device_id = d.device_id and k.gate_id in
                  (select p.gate_id from deployments p where p.id = d.deployment_id and p.run = d.run
                   union select r.gate_id from deployment_runs r where r.deployment_id = d.deployment_id and r.run = d.run)
                where d.deployment_id {{which}} group by d.deployment_id, d.run, d.ordinal
                having count(*) <> max(d.attempt) or sum(case when k.state in (1, 2, 3) then 1 else 0 end) > 1
                """,
                new { id });
            var terminal = await connection.QueryAsync<string>(
                $$"""
                select 'I2: a record is ' || d.status || ' and its command ' || k.state
                from deployment_devices d join device_commands k on k.id = d.command_id
                where d.deployment_id {{which}} and ((d.status = 2 and k.state not in (2, 3, 5)) or (d.status in (3, 4) and k.state <> 4))
                """,
                new { id });
            return [.. counts, .. attempts, .. terminal];
        });
}
