using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

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

    private static async Task<(long ById, long Otherwise)> Read(PostgresDatabase database)
    {
        var read = (await database.Read(c => c.QueryAsync<(string Index, long Rows)>(
            "select indexrelname, idx_tup_read from pg_stat_user_indexes where relname = 'devices'"))).ToLookup(r => r.Index == "devices_pkey", r => r.Rows);
        return (read[true].Sum(), read[false].Sum());
    }
}
