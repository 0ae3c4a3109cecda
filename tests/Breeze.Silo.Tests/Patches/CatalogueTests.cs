using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>The catalogue's lists: filters, orders, cursors, and who sees what.</summary>
public abstract class CatalogueTests(SiloFixture silo)
{
    /// <summary>Each filter, and the patches of <see cref="Seeded"/> that it finds.</summary>
    public static TheoryData<string, string> Filters => new()
    {
        { "", "curl kb1 mac ssl tool" },
        { "source=linux", "curl ssl" },
        { "source=microsoft", "kb1" },
        { "source=third_party", "tool" },
        { "source=custom", "" },
        { "severity=critical", "kb1 ssl" },
        { "severity=unknown", "tool" },
        { "os=linux", "curl ssl tool" },
        { "os=windows", "kb1 tool" },
        { "os=macos", "mac" },
        { "source=linux&severity=critical", "ssl" },
        { "status=approved", "ssl" },
        { "status=pending", "kb1 mac tool" },
        { "status=rejected", "curl" },
        { "search=TITLE%20OF%20CU", "curl" },
        { "search=100%25", "" },
    };

    [EngineFact]
    public async Task Each_filter_finds_what_it_names()
    {
        var world = await Seeded();
        foreach (var row in Filters)
        {
            var list = (await world.Technician.Get($"/patches?{row[0]}")).Is(HttpStatusCode.OK).Body!;
            Assert.True(row[1] is string expected && expected == Names(world, list), $"{row[0]}: {Names(world, list)}");
            Assert.Equal(((string)row[1]).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, list["pagination"]!["total"]!.GetValue<int>());
        }
    }

    private static readonly string[] Orders = ["", "createdAt", "-createdAt", "releaseDate", "-releaseDate", "severity", "-severity", "title", "-title"];

    [EngineFact]
    public async Task Every_order_pages_by_cursor_as_it_does_at_once_whatever_is_added_meanwhile()
    {
        var world = await Seeded();
        foreach (var order in Orders)
        {
            var sort = order.Length == 0 ? "" : $"&sort={order}";
            var all = Ordered((await world.Technician.Get($"/patches?limit=200{sort}")).Is(HttpStatusCode.OK).Body!);
            var paged = new List<string>();
            string? cursor = null;
            do
            {
                var page = (await world.Technician.Get($"/patches?limit=2{sort}{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(HttpStatusCode.OK).Body!;
                paged.AddRange(Ordered(page));
                cursor = page["nextCursor"]?.GetValue<string>();
            }
            while (cursor is not null);
            Assert.Equal(all, paged);
            var second = (await world.Technician.Get($"/patches?limit=2&page=2{sort}")).Is(HttpStatusCode.OK).Body!;
            Assert.Equal(all.Skip(2).Take(2), Ordered(second));
        }
    }

    [EngineFact]
    public async Task The_newest_come_first_and_severities_by_how_much_they_matter()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, new ReportPatches("linux", true, [new(world.Name("low"), "b", Severity: "low")], []));
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Report(device, new ReportPatches(
            "linux", true, [new(world.Name("low"), "b", Severity: "low"), new(world.Name("critical"), "A", Severity: "critical")], []));
        Assert.Equal("critical low", Short(world, (await world.Technician.Get("/patches")).Body!));
        Assert.Equal("critical low", Short(world, (await world.Technician.Get("/patches?sort=severity")).Body!));
        Assert.Equal("low critical", Short(world, (await world.Technician.Get("/patches?sort=-severity")).Body!));
        Assert.Equal("critical low", Short(world, (await world.Technician.Get("/patches?sort=title")).Body!));
    }

    [EngineFact]
    public async Task A_partner_sees_the_union_without_approvals_and_one_organization_with_them()
    {
        var world = await Seeded();
        var sisters = await world.Device(org: world.Tenants.Sister);
        await world.Report(sisters, [world.Name("ssl"), world.Name("sister")]);
        var union = (await world.Partner.Get("/patches?limit=200")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal("curl kb1 mac sister ssl tool", Names(world, union));
        Assert.All(union["data"]!.AsArray(), p => Assert.Null(p!["approvalStatus"]));
        var ssl = union["data"]!.AsArray().Single(p => p!["externalId"]!.GetValue<string>() == world.Name("ssl"))!;
        Assert.Equal(2, ssl["counts"]!["pending"]!.GetValue<int>());
        var one = (await world.Partner.Get($"/patches?orgId={world.Org}&limit=200")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal("curl kb1 mac ssl tool", Names(world, one));
        Assert.Equal("approved", one["data"]!.AsArray().Single(p => p!["externalId"]!.GetValue<string>() == world.Name("ssl"))!["approvalStatus"]!.GetValue<string>());
        Assert.Contains("status", (await world.Partner.Get("/patches?status=approved")).Is(HttpStatusCode.BadRequest).Error, StringComparison.Ordinal);
        (await world.Partner.Get($"/patches?orgId={world.Tenants.Foreign}")).Is(HttpStatusCode.Forbidden);
        (await world.Technician.Get($"/patches/{await world.IdOf(world.Name("sister"), world.Partner)}")).Is(HttpStatusCode.NotFound);
    }

    [EngineFact]
    public async Task One_patch_is_the_bare_object_of_the_list()
    {
        var world = await Seeded();
        var listed = (await world.Find(world.Name("ssl")))!;
        var one = (await world.Technician.Get($"/patches/{listed["id"]}")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(listed.ToJsonString(), one.ToJsonString());
        var byPartner = (await world.Partner.Get($"/patches/{listed["id"]}")).Is(HttpStatusCode.OK).Body!;
        Assert.Null(byPartner["approvalStatus"]);
        var ofOrg = (await world.Partner.Get($"/patches/{listed["id"]}?orgId={world.Org}")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(listed.ToJsonString(), ofOrg.ToJsonString());
    }

    [EngineFact]
    public async Task A_deferral_that_is_over_is_pending_from_that_instant()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("p")]);
        var patch = await world.IdOf(world.Name("p"));
        await Decide(world, patch, 4, silo.Clock.Now.AddMinutes(10));
        Assert.Equal("deferred", (await world.Find(world.Name("p")))!["approvalStatus"]!.GetValue<string>());
        Assert.Equal("deferred", (await OfDevice(world, device))["approvalStatus"]!.GetValue<string>());
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("pending", (await world.Find(world.Name("p")))!["approvalStatus"]!.GetValue<string>());
        Assert.Equal("pending", (await OfDevice(world, device))["approvalStatus"]!.GetValue<string>());
        Assert.Equal(1, (await world.Technician.Get("/patches?status=pending")).Body!["pagination"]!["total"]!.GetValue<int>());
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "/patches?source=gentoo", "source" },
        { "/patches?severity=dire", "severity" },
        { "/patches?os=beos", "os" },
        { "/patches?status=maybe", "status" },
        { "/patches?sort=colour", "sort" },
        { "/patches?orgId=x", "orgId" },
        { "/patches?limit=201", "limit" },
        { "/patches?limit=0", "limit" },
        { "/patches?page=0", "page" },
        { "/patches?cursor=nonsense", "cursor" },
        { "/patches/sources?os=beos", "os" },
        { "/patches/compliance?source=gentoo", "source" },
        { "/patches/compliance?severity=dire", "severity" },
    };

    [EngineFact]
    public async Task What_a_query_cannot_mean_is_400_and_named()
    {
        var world = await PatchWorld.Create(silo);
        foreach (var row in Refused)
        {
            var reply = (await world.Technician.Get((string)row[0])).Is(HttpStatusCode.BadRequest);
            Assert.NotNull(reply.Body!["errors"]![(string)row[1]]);
        }

        await world.Report(await world.Device(), [world.Name("a"), world.Name("b")]);
        var cursor = (await world.Technician.Get("/patches?limit=1")).Body!["nextCursor"];
        (await world.Technician.Get($"/patches?limit=1&sort=title&cursor={cursor}")).Is(HttpStatusCode.BadRequest);

        // Nor is a made-up one with text that no database holds.
        var madeUp = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$$"""{"of":"PatchPosition","at":{"sort":"title","key":"a\u0000b","id":"{{{Guid.NewGuid()}}}"}}"""));
        (await world.Technician.Get($"/patches?limit=1&sort=title&cursor={madeUp}")).Is(HttpStatusCode.BadRequest);
        (await world.Technician.Get("/patches/not-a-guid")).Is(HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task Sources_are_listed_with_their_systems_and_counts()
    {
        var world = await Seeded();
        var all = (await world.Technician.Get("/patches/sources")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(
            ["microsoft 1", "apple 1", "linux 2", "third_party 1", "custom 0"],
            all["data"]!.AsArray().Select(s => $"{s!["source"]} {s["patchCount"]}"));
        var linux = (await world.Technician.Get("/patches/sources?os=linux")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(["linux", "third_party", "custom"], linux["data"]!.AsArray().Select(s => s!["source"]!.GetValue<string>()));
    }

    [EngineFact]
    public async Task A_devices_patches_are_filtered_paged_and_its_own()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, Enumerable.Range(0, 5).Select(i => world.Name($"a{i}")), [world.Name("i")]);
        await silo.Clock.Advance(TimeSpan.FromSeconds(30));
        await world.Report(device, Enumerable.Range(0, 4).Select(i => world.Name($"a{i}")), [world.Name("a4"), world.Name("i")]);
        var installed = (await world.Technician.Get($"/devices/{device}/patches?status=installed")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal([world.Name("a4"), world.Name("i")], Ordered(installed));
        var paged = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await world.Technician.Get($"/devices/{device}/patches?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(HttpStatusCode.OK).Body!;
            paged.AddRange(Ordered(page));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);
        Assert.Equal(6, paged.Distinct().Count());
        Assert.Equal(world.Name("a4"), paged[0]);
        foreach (var bad in new[] { "status=gone", "status=x", "source=x", "severity=x" })
        {
            (await world.Technician.Get($"/devices/{device}/patches?{bad}")).Is(HttpStatusCode.BadRequest);
        }

        var foreign = await world.Device(org: world.Tenants.Sister);
        Assert.Equal(
            (await world.Technician.Get($"/devices/{Guid.NewGuid()}/patches")).Is(HttpStatusCode.NotFound).Comparable,
            (await world.Technician.Get($"/devices/{foreign}/patches")).Is(HttpStatusCode.NotFound).Comparable);
    }

    [EngineFact]
    public async Task Devices_are_found_by_how_many_patches_wait_for_them()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(3);
        await world.Report(devices[0], [world.Name("a"), world.Name("b")]);
        await world.Report(devices[1], [], [world.Name("a")]);
        async Task<IEnumerable<Guid>> Matching(string op, object value) =>
            (await world.Technician.Post("/filters/preview", new { orgId = world.Org, filter = new { @operator = "AND", conditions = new[] { new { field = "patches.pending", @operator = op, value } } } }))
                .Is(HttpStatusCode.OK).Data["devices"]!.AsArray().Select(d => d!["id"]!.GetValue<Guid>()).Order();
        Assert.Equal([devices[0]], await Matching("greaterThan", 0));
        Assert.Equal(new[] { devices[1], devices[2] }.Order(), await Matching("equals", 0));
        Assert.Equal([devices[0]], await Matching("between", new[] { 2, 3 }));
    }

    private async Task<PatchWorld> Seeded()
    {
        var world = await PatchWorld.Create(silo);
        var (linux, windows, mac) = (await world.Device(), await world.Device("windows"), await world.Device("macos"));
        await world.Report(linux, new ReportPatches(
            "linux", true, [PatchWorld.Reported(world.Name("ssl"), "critical"), PatchWorld.Reported(world.Name("curl"), "low")], []));
        await world.Report(windows, new ReportPatches("microsoft", true, [PatchWorld.Reported(world.Name("kb1"), "critical") with { ReleaseDate = null }], []));
        await world.Report(mac, new ReportPatches("apple", true, [], [PatchWorld.Reported(world.Name("mac"), "moderate")]));
        await world.Report(linux, new ReportPatches("third_party", true, [new(world.Name("tool"), "A tool")], []));
        await world.Report(windows, new ReportPatches("third_party", true, [new(world.Name("tool"), "A tool")], []));
        await Decide(world, await world.IdOf(world.Name("ssl")), 2);
        await Decide(world, await world.IdOf(world.Name("curl")), 3);
        return world;
    }

    private static Task<int> Decide(PatchWorld world, Guid patch, int status, DateTimeOffset? until = null) => world.Write(tx => tx.Connection!.ExecuteAsync(
        """
        insert into patch_approvals (org_id, patch_id, status, defer_until, actor_kind, actor_id, actor_name, decided_at, version)
        values (@org, @patch, @status, @until, 'api_key', 'x', 'x', @now, 1)
        """,
        new { org = world.Org, patch, status, until = until?.ToUnixTimeMilliseconds(), now = world.Now.ToUnixTimeMilliseconds() },
        tx));

    private static async Task<JsonNode> OfDevice(PatchWorld world, Guid device) =>
        (await world.Technician.Get($"/devices/{device}/patches")).Body!["data"]!.AsArray().Single()!;

    private static List<string> Ordered(JsonNode list) => [.. list["data"]!.AsArray().Select(p => p!["externalId"]!.GetValue<string>())];

    private static string Short(PatchWorld world, JsonNode list) =>
        string.Join(' ', Ordered(list).Select(n => n.Replace(world.Name(""), "", StringComparison.Ordinal)));

    private static string Names(PatchWorld world, JsonNode list) => string.Join(' ', Short(world, list).Split(' ').Order(StringComparer.Ordinal)).Trim();

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : CatalogueTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : CatalogueTests(silo);
}
