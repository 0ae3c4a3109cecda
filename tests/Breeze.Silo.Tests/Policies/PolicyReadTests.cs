using System.Net;
using System.Text.Json.Nodes;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

/// <summary>What a console asks about policies: when they will run, and where a device's settings come from.</summary>
public abstract class PolicyReadTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_preview_runs_by_the_schedules_own_rule_over_a_change_of_the_clock()
    {
        var world = await FleetWorld.Create(silo);
        var runs = await Preview(world, new { scheduleFrequency = "daily", scheduleTime = "02:30" }, "Europe/Zurich", 20);
        Assert.Equal(20, runs.Count);
        var times = runs.Select(r => (At: r!["at"]!.GetValue<DateTimeOffset>(), Local: r["localTime"]!.GetValue<string>())).ToList();
        Assert.All(times, t => Assert.True(t.At > silo.Clock.Now));
        Assert.Equal(times.OrderBy(t => t.At), times);
        Assert.All(times, t => Assert.Equal(new DateTimeOffset(t.At.UtcDateTime).ToOffset(Zurich.GetUtcOffset(t.At)).ToString("yyyy-MM-dd'T'HH:mm"), t.Local));
        Assert.Equal(5, (await Preview(world, new { scheduleFrequency = "monthly", scheduleTime = "00:00", scheduleDayOfMonth = 31 }, null, null)).Count);
        Assert.Empty(await Preview(world, new { }, null, null));
    }

    [EngineFact]
    public async Task A_preview_refuses_what_the_policy_would_and_what_it_cannot_count()
    {
        var world = await FleetWorld.Create(silo);
        foreach (var body in new object[]
        {
            new { timeZone = "UTC" },
            new { inlineSettings = new { scheduleFrequency = "hourly" } },
            new { inlineSettings = new { }, timeZone = "Mars/Base" },
            new { inlineSettings = new { }, count = 21 },
            new { inlineSettings = new { }, count = 0 },
        })
        {
            (await world.Viewer.Post("/configuration-policies/schedule-preview", body)).Is(HttpStatusCode.BadRequest);
        }
    }

    [EngineFact]
    public async Task A_policys_schedule_names_the_zones_of_the_sites_that_it_reaches()
    {
        var world = await FleetWorld.Create(silo);
        var (zurich, kolkata, _) = (await world.NewSite("Europe/Zurich"), await world.NewSite("Asia/Kolkata"), await world.NewSite("Asia/Tokyo"));
        TestDevice[] devices = [new() { Hostname = "a", Site = zurich }, new() { Hostname = "b", Site = kolkata }, new() { Hostname = "c", Site = kolkata, Decommissioned = true }];
        await world.Insert(devices);
        var settings = new { scheduleFrequency = "daily", scheduleTime = "02:00" };
        var policy = await world.NewPatchPolicy(settings);
        Assert.Empty(await Zones(world, policy));
        await world.Admin.Assign(policy, "site", zurich);
        Assert.Equal(["Europe/Zurich"], await Zones(world, policy));
        await world.Admin.Assign(policy, "device", devices[1].Id);
        Assert.Equal(["Asia/Kolkata", "Europe/Zurich"], await Zones(world, policy));
        var wide = await world.NewPatchPolicy(settings);
        await world.Admin.Assign(wide, "organization", world.Org);
        Assert.Equal(["Asia/Kolkata", "Europe/Zurich"], await Zones(world, wide));
        var shown = (await world.Viewer.Get($"/configuration-policies/{wide}/schedule?count=2")).Is(HttpStatusCode.OK).Data["zones"]![1]!;
        Assert.Equal((await Preview(world, settings, "Europe/Zurich", 2)).ToJsonString(), shown["next"]!.ToJsonString());
        Assert.Null(shown["lastRun"]);
        var without = await world.NewPatchPolicy(new { });
        await world.Admin.Assign(without, "organization", world.Org);
        Assert.Empty(await Zones(world, without));
    }

    [EngineFact]
    public async Task A_device_shows_every_policy_that_reaches_it_and_the_one_that_it_obeys_first()
    {
        var world = await FleetWorld.Create(silo);
        var device = new TestDevice { Hostname = "kiosk", Tags = ["t"] };
        await world.Insert([device, new TestDevice { Hostname = "other" }]);
        var group = await world.NewGroupOfTag("t");
        var (wide, bySite, byGroup, second) = (
            await world.NewPatchPolicy(new { }, "Wide"), await world.NewPatchPolicy(new { }, "Site"), await world.NewPatchPolicy(new { }, "Kiosks"), await world.NewPatchPolicy(new { }, "Second"));
        await world.Admin.Assign(wide, "organization", world.Org);
        await world.Admin.Assign(bySite, "site", world.Site);
        await world.Admin.Assign(second, "device_group", group, 5);
        await world.Admin.Assign(byGroup, "device_group", group, 1);
        await world.Admin.Assign(await world.Admin.NewPolicy(new { orgId = world.Org, name = "Without settings" }), "device", device.Id);
        var config = (await world.Viewer.Get($"/devices/{device.Id}/patch-config")).Is(HttpStatusCode.OK).Data;
        Assert.Equal(
            ["Kiosks device_group tagged 1 true", "Second device_group tagged 5 false", "Site site site 0 false", "Wide organization org 0 false"],
            config["candidates"]!.AsArray().Select(c => $"{c!["name"]} {c["level"]} {c["targetName"]} {c["priority"]} {c["isWinning"]}"));
        Assert.Equal((await world.Viewer.Effective(wide, device.Id))!.ToJsonString(), config["effective"]!.ToJsonString());
        var assigned = (await world.Viewer.Get($"/configuration-policies/{byGroup}/assignments")).Is(HttpStatusCode.OK).Body!["data"]![0]!;
        Assert.Equal("tagged", assigned["targetName"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task A_device_that_no_policy_reaches_shows_none()
    {
        var world = await FleetWorld.Create(silo);
        var config = (await world.Viewer.Get($"/devices/{(await world.NewDevice()).Id}/patch-config")).Is(HttpStatusCode.OK).Data;
        Assert.Equal((null, 0), (config["effective"], config["candidates"]!.AsArray().Count));
    }

    private static TimeZoneInfo Zurich { get; } = TimeZoneInfo.FindSystemTimeZoneById("Europe/Zurich");

    private static async Task<JsonArray> Preview(FleetWorld world, object inlineSettings, string? timeZone, int? count) =>
        (await world.Viewer.Post("/configuration-policies/schedule-preview", new { inlineSettings, timeZone, count })).Is(HttpStatusCode.OK).Data.AsArray();

    private static async Task<string[]> Zones(FleetWorld world, Guid policy) =>
        [.. (await world.Viewer.Get($"/configuration-policies/{policy}/schedule")).Is(HttpStatusCode.OK).Data["zones"]!.AsArray().Select(z => z!["timeZone"]!.GetValue<string>())];
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqlitePolicyReadTests(SqliteSilo silo) : PolicyReadTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresPolicyReadTests(PostgresSilo silo) : PolicyReadTests(silo);
