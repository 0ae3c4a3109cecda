using System.Net;
using System.Text.Json;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>The list of devices: narrowed, ordered and paged over HTTP, against the same done in memory.</summary>
public abstract class DeviceListTests(SiloFixture silo)
{
    private static readonly string[] Sorts = ["hostname", "displayName", "lastSeenAt", "enrolledAt", "osVersion", "agentVersion", "patchesPending"];

    [EngineFact]
    public async Task Each_order_is_kept_over_all_pages_and_both_ways()
    {
        var (world, devices, pending) = await Fleet();
        foreach (var sort in Sorts.SelectMany(s => new[] { s, "-" + s }))
        {
            var seen = await Walk(world.Viewer, $"/devices?sort={sort}&limit=4");
            var expected = devices.Where(d => !d.Decommissioned).OrderBy(d => Key(d, sort.TrimStart('-'), pending), Comparer<object>.Create(Compare)).ThenBy(d => d.Id.ToString(), StringComparer.Ordinal).ToList();
            if (sort[0] == '-')
            {
                expected.Reverse();
            }

            Assert.True(expected.Select(d => d.Id).SequenceEqual(seen), $"{sort}: {string.Join(", ", seen)} instead of {string.Join(", ", expected.Select(d => d.Id))}");
        }
    }

    [EngineFact]
    public async Task A_page_by_number_shows_what_the_cursor_shows_and_the_whole_total()
    {
        var (world, devices, pending) = await Fleet();
        var first = (await world.Viewer.Get("/devices?sort=hostname&limit=5")).Is(HttpStatusCode.OK).Body!;
        var byCursor = (await world.Viewer.Get($"/devices?sort=hostname&limit=5&cursor={first["nextCursor"]}")).Is(HttpStatusCode.OK).Body!;
        var byNumber = (await world.Viewer.Get("/devices?sort=hostname&limit=5&page=2")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(byNumber["data"]!.ToJsonString(), byCursor["data"]!.ToJsonString());
        Assert.Equal(devices.Count(d => !d.Decommissioned), first["pagination"]!["total"]!.GetValue<int>());
        var shown = byNumber["data"]!.AsArray()[0]!;
        Assert.Equal("site", shown["siteName"]!.GetValue<string>());
        Assert.Equal(pending[shown["id"]!.GetValue<Guid>()], shown["patchesPending"]!.GetValue<int>());
    }

    [EngineFact]
    public async Task Groups_sites_states_searches_and_filters_narrow_it_together()
    {
        var (world, devices, _) = await Fleet();
        var site = await world.NewSite();
        var special = new TestDevice { Hostname = "50%_off", DisplayName = "Kasse Süd", Site = site, Presence = TestPresence.Online, OsType = "windows" };
        await world.Insert([special, new TestDevice { Hostname = "500-off", Site = site, Presence = TestPresence.Online }]);
        var group = (await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "static", deviceIds = new[] { special.Id, devices[0].Id } })).Id();
        var dynamic = (await FleetWorld.Post(world.Technician, "groups", new { name = "d", type = "dynamic", filter = Windows })).Id();
        Guid[] only = [special.Id];
        Assert.Equal(only, await Walk(world.Viewer, "/devices?search=" + Uri.EscapeDataString("0%_O")));
        Assert.Equal(only, await Walk(world.Viewer, "/devices?search=" + Uri.EscapeDataString("kasse SÜD")));
        Assert.Equal(only, await Walk(world.Viewer, $"/devices?siteId={site}&groupId={group}&sort=hostname"));
        Assert.Equal(only, await Walk(world.Viewer, $"/devices?groupId={dynamic}&status=online&sort=-lastSeenAt"));
        Assert.Equal(only, await Walk(world.Viewer, $"/devices?siteId={site}&orgId={world.Org}&filter={Escaped(Windows)}"));
        Assert.Empty(await Walk(world.Viewer, $"/devices?siteId={site}&status=offline"));
        var gone = devices.Single(d => d.Decommissioned).Id;
        Assert.Equal([gone], await Walk(world.Viewer, "/devices?status=decommissioned"));
        Assert.Equal([gone], await Walk(world.Viewer, $"/devices?filter={Escaped(Condition("status", "equals", "decommissioned"))}"));
    }

    [EngineFact]
    public async Task What_it_cannot_follow_is_refused_with_its_name()
    {
        var (world, _, _) = await Fleet();
        var other = await FleetWorld.Create(silo);
        var foreign = (await FleetWorld.Post(other.Technician, "groups", new { name = "g", type = "static" })).Id();
        var unknown = await Refused(world.Viewer, $"groupId={Guid.NewGuid()}");
        Assert.Equal(unknown, await Refused(world.Viewer, $"groupId={foreign}"));
        Assert.Contains("sort must be one of", await Refused(world.Viewer, "sort=cpu"), StringComparison.Ordinal);
        Assert.Contains("filter must be a filter as JSON", await Refused(world.Viewer, "filter=%7B"), StringComparison.Ordinal);
        var cursor = (await world.Viewer.Get("/devices?sort=hostname&limit=2")).Body!["nextCursor"];
        Assert.Contains("another order", await Refused(world.Viewer, $"sort=-hostname&cursor={cursor}"), StringComparison.Ordinal);
        foreach (var filter in new[] { Condition("nonsense", "equals", "x"), Condition("hostname", "between", "x"), Condition("groupId", "in", new[] { foreign }) })
        {
            var preview = await world.Viewer.Post("/filters/preview", new { orgId = world.Org, filter });
            var list = await world.Viewer.Get($"/devices?orgId={world.Org}&filter={Escaped(filter)}");
            Assert.Equal(preview.Is(HttpStatusCode.BadRequest).Comparable, list.Comparable);
        }

        (await silo.Admin.Get($"/devices?filter={Escaped(Windows)}")).Is(HttpStatusCode.BadRequest);
        Assert.Equal((await world.Viewer.Get($"/devices?orgId={other.Org}")).Is(HttpStatusCode.Forbidden).Comparable, (await world.Viewer.Get($"/devices?orgId={Guid.NewGuid()}")).Comparable);
    }

    private static object Windows => Condition("osType", "equals", "windows");

    private static object Condition(string field, string @operator, object value) => new { @operator = "AND", conditions = new[] { new { field, @operator, value } } };

    private static string Escaped(object filter) => Uri.EscapeDataString(JsonSerializer.Serialize(filter));

    private static async Task<string> Refused(HttpClient client, string query) => (await client.Get($"/devices?{query}")).Is(HttpStatusCode.BadRequest).Error;

    private static async Task<List<Guid>> Walk(HttpClient client, string path)
    {
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var body = (await client.Get(path + (cursor is null ? "" : $"&cursor={cursor}"))).Is(HttpStatusCode.OK).Body!;
            seen.AddRange(body["data"]!.AsArray().Select(d => d!["id"]!.GetValue<Guid>()));
            cursor = body["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        return seen;
    }

    private static object Key(TestDevice device, string sort, IReadOnlyDictionary<Guid, int> pending) => sort switch
    {
        "hostname" => Hostnames.Key(device.Hostname),
        "displayName" => Hostnames.Key(device.DisplayName ?? device.Hostname),
        "osVersion" => device.OsVersion,
        "agentVersion" => device.AgentVersion,
        "enrolledAt" => device.EnrolledAt.ToUnixTimeMilliseconds(),
        "lastSeenAt" => device.Presence == TestPresence.Online ? long.MaxValue : device.LastSeenAt(default)?.ToUnixTimeMilliseconds() ?? 0L,
        _ => (long)pending[device.Id],
    };

    private static int Compare(object? a, object? b) => a is string text ? string.CompareOrdinal(text, (string)b!) : ((long)a!).CompareTo((long)b!);

    private async Task<(FleetWorld World, IReadOnlyList<TestDevice> Devices, IReadOnlyDictionary<Guid, int> Pending)> Fleet()
    {
        var world = await FleetWorld.Create(silo);
        var devices = Enumerable.Range(0, 21).Select(i => new TestDevice
        {
            Hostname = $"{(char)('a' + (i * 7 % 5))}-{i % 6}",
            DisplayName = i % 3 == 0 ? $"Name {i % 4}" : null,
            OsVersion = $"Debian {i % 4}",
            AgentVersion = $"1.{i % 3}",
            Presence = (TestPresence)(i % 4),
            WentAt = silo.Clock.Now.AddMinutes(-(i % 5)),
            EnrolledAt = silo.Clock.Now.AddDays(-(i * 5 % 7)),
            Decommissioned = i == 20,
        }).ToList();
        await world.Insert(devices);
        var pending = devices.Select((d, i) => (d.Id, Pending: i % 5)).ToDictionary(p => p.Id, p => p.Pending);
        await silo.Database.Write(tx => tx.ExecuteRows(
            "insert into device_patch_totals (device_id, org_id, pending, noncompliant) select v.device, @Org, v.pending, v.pending from ({rows}) v",
            new Rows().Uuid("device", [.. pending.Where(p => p.Value > 0).Select(p => p.Key)]).Int("pending", [.. pending.Values.Where(p => p > 0)]),
            new { world.Org }));
        return (world, devices, pending);
    }
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteDeviceListTests(SqliteSilo silo) : DeviceListTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresDeviceListTests(PostgresSilo silo) : DeviceListTests(silo);
