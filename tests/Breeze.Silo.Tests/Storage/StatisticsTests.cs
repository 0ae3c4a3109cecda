using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Deployments;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

/// <summary>A database that nobody has analyzed yet: new, restored or upgraded.</summary>
[Collection(SiloFixture.Postgres)]
public sealed class StatisticsTests
{
    private const int Devices = 5_000;
    private const int Arriving = 400;

    [EngineFact]
    public async Task Devices_that_connect_before_the_first_analyze_are_looked_up_by_their_ids()
    {
        await using var database = new PostgresDatabase(await (await PostgresServer.Get()).NewDatabase(connection => Migrations.Postgres(connection)));
        await database.Write(tx => tx.Connection!.ExecuteAsync(
            """
            alter table devices set (autovacuum_enabled = false);
            insert into partners (id, name, created_at) values (gen_random_uuid(), 'p', 0);
            insert into organizations (id, partner_id, name, created_at) select gen_random_uuid(), id, 'o', 0 from partners;
            insert into sites (id, org_id, name, time_zone, created_at) select gen_random_uuid(), id, 's', 'UTC', 0 from organizations;
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
            select gen_random_uuid(), s.org_id, s.id, 'h', 'h', 'linux', '', '', '', 'hash-' || n, 0 from sites s, generate_series(1, @Devices) n
            """,
            new { Devices },
            tx));
        var ids = (await database.Read(c => c.QueryAsync<Guid>("select id from devices limit @Arriving", new { Arriving }))).ToList();
        await using (var store = new AgentStore(database, TimeProvider.System))
        {
            Assert.All(await Task.WhenAll(ids.Select(id => store.Connected(new(new DeviceId(id), 1, new("silo", "1.0", "os", "[]"))))), Assert.True);
            await Task.WhenAll(ids.Select(id => store.Disconnected(new DeviceId(id), 1)));
        }

        // PostgreSQL tells what was read a second later.
        var read = await Eventually.Is("statistics", () => Read(database), read => read.ById >= 2 * Arriving, $"{2 * Arriving} devices looked up by id");
        Assert.InRange(read.Otherwise, 0, Devices / 2);
    }

    [EngineFact]
    public async Task Records_and_counts_of_a_deployment_that_the_planner_does_not_know_are_looked_up_by_their_places()
    {
        await using var database = new PostgresDatabase(await (await PostgresServer.Get()).NewDatabase(connection => Migrations.Postgres(connection)));
        var (deployment, batches) = (DeploymentId.New(), new BatchPlan(Devices, 1, 1));
        await database.Write(tx => tx.Connection!.ExecuteAsync(
            """
            alter table deployment_devices set (autovacuum_enabled = false);
            alter table deployment_counts set (autovacuum_enabled = false);
            insert into deployment_devices (deployment_id, run, ordinal, id, device_id, hostname, status)
            select @deployment, 1, n, gen_random_uuid(), gen_random_uuid(), 'h', 1 from generate_series(0, @Devices - 1) n;
            insert into deployment_counts (deployment_id, run, shard, batch, first_ordinal, device_count, pending)
            select @deployment, 1, n, n + 1, n, 1, 1 from generate_series(0, @Devices - 1) n
            """,
            new { deployment = deployment.Value, Devices },
            tx));
        var places = Enumerable.Range(0, Arriving).Select(n => new RecordKey(deployment, 1, n * 10)).ToList();
        var sent = new RecordState { Status = DeviceRecordStatus.Running };
        await database.Write(async tx =>
        {
            Assert.Equal(Arriving, (await RecordWrites.Update(tx, places.ConvertAll(key => (key, sent, 1L)), checkVersion: true)).Count);
            await RecordWrites.Count(tx, places.ToDictionary(key => CountKey.Of(key, batches), _ => new Totals { Pending = -1, Running = 1 }), DateTimeOffset.UnixEpoch);
            return true;
        });

        const string Scans = "select coalesce(sum(idx_scan), 0) from pg_stat_user_indexes where indexrelname ";
        await Eventually.Is(
            "lookups", () => database.Read(c => c.ExecuteScalarAsync<long>(Scans + "= 'deployment_devices_pkey'")), n => n >= Arriving, $"{Arriving} by place");
        Assert.Equal(0, await database.Read(c => c.ExecuteScalarAsync<long>(Scans + "in ('deployment_devices_status', 'deployment_devices_device')")));
        Assert.Equal(Arriving, await database.Read(c => c.ExecuteScalarAsync<long>("select count(*) from deployment_counts where running = 1")));
    }

    private static async Task<(long ById, long Otherwise)> Read(PostgresDatabase database)
    {
        var read = (await database.Read(c => c.QueryAsync<(string Index, long Rows)>(
            "select indexrelname, idx_tup_read from pg_stat_user_indexes where relname = 'devices'"))).ToLookup(r => r.Index == "devices_pkey", r => r.Rows);
        return (read[true].Sum(), read[false].Sum());
    }
}
