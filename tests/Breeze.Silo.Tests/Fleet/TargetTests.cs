using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

public abstract class TargetTests(SiloFixture silo)
{
    private TargetQuery Targets => silo.Services.GetRequiredService<TargetQuery>();

    [EngineFact]
    public async Task Pages_give_every_device_once_by_hostname_in_bytes_and_id_whatever_the_page_size()
    {
        var world = await FleetWorld.Create(silo);
        var names = new[] { "b", "B", "a", "Z", "z", "é", "a-1", "a_1", "ab", "日本", "a" };
        var devices = names.SelectMany(n => Enumerable.Range(0, 3).Select(_ => new TestDevice { Hostname = n })).ToArray();
        await world.Insert(devices);
        await world.Insert([new TestDevice { Hostname = "gone", Decommissioned = true }]);
        var expected = devices
            .OrderBy(d => Hostnames.Key(d.Hostname), StringComparer.Ordinal).ThenBy(d => d.Id.ToString(), StringComparer.Ordinal).Select(d => d.Id).ToArray();
        foreach (var size in new[] { 1, 2, 7, 100 })
        {
            Assert.Equal(expected, await All(world, new TargetSpec.All(), size));
        }
    }

    [EngineFact]
    public async Task Overlapping_groups_and_repeated_ids_count_once()
    {
        var world = await FleetWorld.Create(silo);
        var one = await Group(world);
        var two = await Group(world);
        var both = new TestDevice { Hostname = "a", Groups = [one, two] };
        var other = new TestDevice { Hostname = "b", Groups = [two] };
        await world.Insert([both, other, new TestDevice { Hostname = "c" }]);
        Assert.Equal([both.Id, other.Id], await All(world, new TargetSpec.Groups([new(one), new(two)]), 1));
        Assert.Equal([both.Id, other.Id], await All(world, new TargetSpec.Devices([new(other.Id), new(both.Id), new(other.Id)]), 1));
    }

    [EngineFact]
    public async Task Ids_that_are_unknown_foreign_or_decommissioned_are_excluded_by_reason_foreign_and_unknown_alike()
    {
        var world = await FleetWorld.Create(silo);
        var sister = await FleetWorld.Create(silo, world.Partner);
        var mine = await world.NewDevice();
        var gone = new TestDevice { Decommissioned = true };
        await world.Insert([gone]);
        var foreign = await sister.NewDevice();
        var unknown = Guid.CreateVersion7();
        var preview = await FleetWorld.Post(
            world.Viewer, "targets/preview", new { targetConfig = new { type = "devices", deviceIds = new[] { mine.Id, gone.Id, foreign.Id, unknown } } });
        Assert.Equal(1, preview.GetProperty("deviceCount").GetInt32());
        Assert.Equal(1, preview.GetProperty("offlineCount").GetInt32());
        Assert.Equal(3, preview.GetProperty("excludedCount").GetInt32());
        var reasons = preview.GetProperty("excluded").EnumerateArray().ToDictionary(e => e.GetProperty("deviceId").GetGuid(), e => e.Text("reason"));
        Assert.Equal(("decommissioned", "not_found", "not_found"), (reasons[gone.Id], reasons[foreign.Id], reasons[unknown]));
    }

    [EngineFact]
    public async Task A_group_of_another_organization_is_refused_like_an_unknown_one()
    {
        var world = await FleetWorld.Create(silo);
        var sister = await FleetWorld.Create(silo, world.Partner);
        foreach (var id in new[] { await Group(sister), Guid.CreateVersion7() })
        {
            var (status, body) = await FleetWorld.Send(
                world.Viewer, "POST", "targets/preview", new { targetConfig = new { type = "groups", groupIds = new[] { id } } });
            Assert.Equal(400, (int)status);
            Assert.True(body.GetProperty("errors").TryGetProperty("targetConfig.groupIds[0]", out _));
        }
    }

    [EngineFact]
    public async Task A_page_deep_in_a_fleet_is_found_by_the_index()
    {
        var world = await FleetWorld.Create(silo);
        await world.Insert([.. Enumerable.Range(0, 3_000).Select(i => new TestDevice { Hostname = $"host-{i:D5}" })]);
        if (silo.Engine == EngineKind.Postgres)
        {
            // By itself it would do so within a minute; until then it takes the new organization for a tiny one.
            await silo.Database.Write(tx => tx.Connection!.ExecuteAsync("analyze devices"));
        }

        var plan = await Plan(world.Org);
        Assert.Contains("devices_order", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("sort", plan, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("temp b-tree", plan, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<string> Plan(Guid org) => await silo.Database.Write(async tx =>
    {
        const string Sql =
            "select d.id as device_id, d.hostname, d.display_name, d.hostname_key from devices d where d.org_id = @org and d.decommissioned_at is null"
            + " and (d.hostname_key, d.id) > (@key, @id) order by d.hostname_key, d.id limit 500";
        var args = new { org, key = "host-02000", id = Guid.Empty };
        if (silo.Engine == EngineKind.Postgres)
        {
            await tx.Connection!.ExecuteAsync("analyze devices", transaction: tx);
            // As on a solid-state disk: for a page of a table this small the plan would else hang on what other tests left in it.
            await tx.Connection!.ExecuteAsync("set local random_page_cost = 1.1", transaction: tx);
            return string.Join('\n', await tx.Connection!.QueryAsync<string>("explain " + Sql, args, tx));
        }

        return string.Join('\n', (await tx.Connection!.QueryAsync<(long, long, long, string Detail)>("explain query plan " + Sql, args, tx)).Select(r => r.Detail));
    });

    private async Task<IReadOnlyList<Guid>> All(FleetWorld world, TargetSpec spec, int size) => await silo.Database.Read(async c =>
    {
        var target = await Targets.Resolve(c, new OrgId(world.Org), spec);
        var found = new List<Guid>();
        TargetRow? last = null;
        while (true)
        {
            var page = await target.Page(c, last, size);
            found.AddRange(page.Select(r => r.DeviceId.Value));
            if (page.Count < size)
            {
                Assert.Equal(found.Count, (await target.Count(c)).Total);
                return found;
            }

            last = page[^1];
        }
    });

    private static async Task<Guid> Group(FleetWorld world) =>
        (await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "static" })).Id();
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteTargetTests(SqliteSilo silo) : TargetTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresTargetTests(PostgresSilo silo) : TargetTests(silo);
