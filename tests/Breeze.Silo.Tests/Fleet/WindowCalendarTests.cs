using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>Openings of windows over a span, and how a preview counts the devices outside them.</summary>
public abstract class WindowCalendarTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Openings_come_in_order_with_those_that_began_before_the_span()
    {
        var world = await FleetWorld.Create(silo);
        var nightly = await Window(world, "organization", world.Org, "2026-03-27T23:00:00Z", 240, "FREQ=DAILY;COUNT=3", "Europe/Zurich", "Nights");
        var once = await Window(world, "site", world.Site, "2026-03-28T12:00:00Z", 60, null, "UTC", "Noon");
        var seen = (await world.Viewer.Get("/maintenance-windows/occurrences?from=2026-03-28T02:00:00Z&to=2026-03-30T00:00:00Z")).Is(HttpStatusCode.OK).Body!;
        Assert.False(seen["truncated"]!.GetValue<bool>());
        // Midnight in Zurich is 22:00 in UTC from the night on which the clock is put forward.
        Assert.Equal(
            [$"{nightly} 2026-03-27T23:00:00.000Z", $"{once} 2026-03-28T12:00:00.000Z", $"{nightly} 2026-03-28T23:00:00.000Z", $"{nightly} 2026-03-29T22:00:00.000Z"],
            seen["data"]!.AsArray().Select(o => $"{o!["windowId"]} {o["startsAt"]}"));
        var noon = seen["data"]![1]!;
        Assert.Equal(("Noon", "2026-03-28T13:00:00.000Z", "site", "site"), (
            noon["name"]!.GetValue<string>(), noon["endsAt"]!.GetValue<string>(), noon["scope"]!["level"]!.GetValue<string>(), noon["targetName"]!.GetValue<string>()));
        Assert.True(noon["allowsDeployments"]!.GetValue<bool>());
    }

    [EngineFact]
    public async Task An_organizations_calendar_has_its_partners_windows_for_who_may_see_them()
    {
        var tenants = await Tenants.Make(silo);
        foreach (var (level, target) in new[] { ("partner", tenants.Partner), ("organization", tenants.Own), ("organization", tenants.Sister), ("partner", tenants.ForeignPartner) })
        {
            (await silo.Admin.Post("/maintenance-windows", Body(level, target, "2026-03-01T00:00:00Z", 60, null, "UTC", $"{level} {target}"))).Is(HttpStatusCode.Created);
        }

        const string Span = "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z";
        using var partner = await tenants.Client(KeyRole.Viewer, KeyScope.Partner);
        using var org = await tenants.Client(KeyRole.Viewer);
        Assert.Equal([$"organization {tenants.Own}", $"partner {tenants.Partner}"], await Names(partner, $"{Span}&orgId={tenants.Own}"));
        Assert.Equal([$"organization {tenants.Own}"], await Names(org, $"{Span}&orgId={tenants.Own}"));
        Assert.Equal(3, (await Names(partner, Span)).Length);
    }

    [EngineFact]
    public async Task The_span_and_the_answer_are_bounded()
    {
        var world = await FleetWorld.Create(silo);
        const string Path = "/maintenance-windows/occurrences?";
        (await world.Viewer.Get(Path + "from=2026-03-01T00:00:00Z")).Is(HttpStatusCode.BadRequest);
        (await world.Viewer.Get(Path + "from=2026-03-01&to=2026-03-02T00:00:00Z")).Is(HttpStatusCode.BadRequest);
        (await world.Viewer.Get(Path + "from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z")).Is(HttpStatusCode.BadRequest);
        (await world.Viewer.Get(Path + "from=2026-03-01T00:00:00Z&to=2026-05-02T00:00:01Z")).Is(HttpStatusCode.BadRequest);
        for (var i = 0; i < 33; i++)
        {
            await Window(world, "organization", world.Org, "2026-01-01T00:00:00Z", 10, "FREQ=DAILY", "UTC", $"w{i}");
        }

        var full = (await world.Viewer.Get(Path + "from=2026-03-01T00:00:00Z&to=2026-05-02T00:00:00Z")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal((2000, true), (full["data"]!.AsArray().Count, full["truncated"]!.GetValue<bool>()));
    }

    [EngineFact]
    public async Task A_preview_counts_those_outside_as_initialize_will()
    {
        var world = await FleetWorld.Create(silo);
        var other = await world.NewSite();
        var group = (await FleetWorld.Post(world.Technician, "groups", new
        {
            name = "tagged",
            type = "dynamic",
            filter = new { @operator = "AND", conditions = new[] { new { field = "tags", @operator = "hasAny", value = new[] { "t" } } } },
        })).Id();
        TestDevice[] devices =
        [
            new() { Hostname = "by-site", Site = other }, new() { Hostname = "by-tag", Tags = ["t"] }, new() { Hostname = "itself" },
            new() { Hostname = "closed" }, new() { Hostname = "none" },
        ];
        await world.Insert(devices);
        Assert.Equal(5, await Outside(world, true));
        var open = silo.Clock.Now.AddMinutes(-1).ToString("O");
        await Window(world, "site", other, open, 60, null, "UTC", "a");
        await Window(world, "device_group", group, open, 60, null, "UTC", "b");
        await Window(world, "device", devices[2].Id, open, 60, null, "UTC", "c");
        await Window(world, "device", devices[3].Id, silo.Clock.Now.AddHours(1).ToString("O"), 60, null, "UTC", "d");
        Assert.Equal(2, await Outside(world, true));
        Assert.Equal(0, await Outside(world, false));
        var script = (await FleetWorld.Post(world.Admin, "scripts", new { name = "s", language = "bash", content = "true", timeoutSeconds = 60 })).Id();
        var draft = (await FleetWorld.Post(world.Technician, "deployments", new
        {
            name = "d",
            type = "script",
            payload = new { scriptId = script, parameters = new { } },
            targetType = "all",
            rolloutConfig = new { type = "immediate", respectMaintenanceWindows = true },
        })).Id();
        Assert.Equal(2, (await FleetWorld.Post(world.Technician, $"deployments/{draft}/initialize", new { })).GetProperty("outsideWindowCount").GetInt32());
        await Window(world, "organization", world.Org, open, 60, null, "UTC", "e");
        Assert.Equal(0, await Outside(world, true));
    }

    private static object Body(string level, Guid target, string startsAt, int minutes, string? recurrence, string zone, string name) => new
    {
        name,
        scope = new { level, targetId = target },
        timeZone = zone,
        startsAt,
        durationMinutes = minutes,
        recurrence,
    };

    private static async Task<Guid> Window(FleetWorld world, string level, Guid target, string startsAt, int minutes, string? recurrence, string zone, string name) =>
        (await FleetWorld.Post(world.Admin, "maintenance-windows", Body(level, target, startsAt, minutes, recurrence, zone, name))).Id();

    private static async Task<string[]> Names(HttpClient client, string query) =>
        [.. (await client.Get($"/maintenance-windows/occurrences?{query}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(o => o!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private static async Task<int> Outside(FleetWorld world, bool respect) =>
        (await FleetWorld.Post(world.Viewer, "targets/preview", new { targetConfig = new { type = "all" }, respectMaintenanceWindows = respect })).GetProperty("outsideWindowCount").GetInt32();
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteWindowCalendarTests(SqliteSilo silo) : WindowCalendarTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresWindowCalendarTests(PostgresSilo silo) : WindowCalendarTests(silo);
