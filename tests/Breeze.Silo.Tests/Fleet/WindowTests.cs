using Breeze.Core;
using Breeze.Silo.Fleet;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

public abstract class WindowTests(SiloFixture silo)
{
    [EngineTheory]
    [InlineData("device")]
    [InlineData("device_group")]
    [InlineData("dynamic_group")]
    [InlineData("site")]
    [InlineData("organization")]
    [InlineData("partner")]
    public async Task A_window_applies_to_the_devices_of_its_scope_and_to_no_other(string level)
    {
        var world = await FleetWorld.Create(silo);
        var group = await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "static" });
        var tagged = await FleetWorld.Post(world.Technician, "groups", new
        {
            name = "g",
            type = "dynamic",
            filter = new { @operator = "AND", conditions = new[] { new { field = "tags", @operator = "hasAny", value = new[] { "t" } } } },
        });
        var inside = new TestDevice { Groups = [group.Id()], Tags = ["t"] };
        var outside = new TestDevice { Site = await world.NewSite() };
        await world.Insert([inside, outside]);
        var target = level switch
        {
            "device" => inside.Id,
            "device_group" => group.Id(),
            "dynamic_group" => tagged.Id(),
            "site" => world.Site,
            "organization" => world.Org,
            _ => world.Partner,
        };
        await FleetWorld.Post(silo.Admin, "maintenance-windows", Window(level == "dynamic_group" ? "device_group" : level, target, -1));
        var both = level is "organization" or "partner";
        var states = await States(world, inside.Id, outside.Id);
        Assert.Equal(WindowState.Inside, states[inside.Id].State);
        Assert.Equal(both ? WindowState.Inside : WindowState.NoneConfigured, states[outside.Id].State);
    }

    [EngineFact]
    public async Task Outside_every_window_a_device_is_told_the_first_opening_of_any()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        await FleetWorld.Post(world.Admin, "maintenance-windows", Window("organization", world.Org, 5));
        await FleetWorld.Post(world.Admin, "maintenance-windows", Window("device", device.Id, 3));
        var state = (await States(world, device.Id))[device.Id];
        Assert.Equal((WindowState.Outside, Hour(3)), (state.State, state.NextOpening));
    }

    [EngineFact]
    public async Task A_window_that_only_suppresses_patching_is_none_for_deployments()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        await FleetWorld.Post(world.Admin, "maintenance-windows", new
        {
            name = "w",
            scope = new { level = "device", targetId = device.Id },
            timeZone = "UTC",
            startsAt = Hour(-1),
            durationMinutes = 120,
            allowsDeployments = false,
            suppressesPatching = true,
        });
        Assert.Equal(WindowState.NoneConfigured, (await States(world, device.Id))[device.Id].State);
    }

    [EngineFact]
    public async Task A_partners_window_is_the_partners_to_make_and_to_see()
    {
        var world = await FleetWorld.Create(silo);
        var (status, body) = await FleetWorld.Send(world.Admin, "POST", "maintenance-windows", Window("partner", world.Partner, 1));
        Assert.Equal(400, (int)status);
        Assert.True(body.GetProperty("errors").TryGetProperty("scope.targetId", out _));
        var made = await FleetWorld.Post(silo.Admin, "maintenance-windows", Window("partner", world.Partner, 1));
        Assert.Equal(404, (int)(await FleetWorld.Send(world.Admin, "GET", $"maintenance-windows/{made.Id()}")).Status);
        Assert.Equal(404, (int)(await FleetWorld.Send(world.Admin, "DELETE", $"maintenance-windows/{made.Id()}")).Status);
    }

    [EngineTheory]
    [InlineData("device")]
    [InlineData("device_group")]
    [InlineData("dynamic_group")]
    [InlineData("site")]
    [InlineData("organization")]
    [InlineData("partner")]
    public async Task A_suppressing_window_holds_patches_back_for_the_devices_of_its_scope_while_it_is_open(string level)
    {
        var world = await FleetWorld.Create(silo);
        var group = await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "static" });
        var tagged = await FleetWorld.Post(world.Technician, "groups", new
        {
            name = "g",
            type = "dynamic",
            filter = new { @operator = "AND", conditions = new[] { new { field = "tags", @operator = "hasAny", value = new[] { "t" } } } },
        });
        var inside = new TestDevice { Groups = [group.Id()], Tags = ["t"] };
        var outside = new TestDevice { Site = await world.NewSite() };
        await world.Insert([inside, outside]);
        var target = level switch
        {
            "device" => inside.Id,
            "device_group" => group.Id(),
            "dynamic_group" => tagged.Id(),
            "site" => world.Site,
            "organization" => world.Org,
            _ => world.Partner,
        };
        await Suppress(level == "dynamic_group" ? "device_group" : level, target, -1, 120);
        var held = await Suppressed(world, inside.Id, outside.Id, Guid.NewGuid());
        Assert.Equal(level is "organization" or "partner" ? [inside.Id, outside.Id] : new[] { inside.Id }, held.OrderBy(id => id == outside.Id));
    }

    [EngineFact]
    public async Task A_window_that_does_not_suppress_or_is_not_open_holds_nothing_back()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        await FleetWorld.Post(world.Admin, "maintenance-windows", Window("organization", world.Org, -1));
        await Suppress("organization", world.Org, 1, 60);
        await Suppress("organization", world.Org, -2, 120);
        Assert.Empty(await Suppressed(world, device.Id));
    }

    private Task<System.Text.Json.JsonElement> Suppress(string level, Guid target, int hoursFromNow, int minutes) => FleetWorld.Post(silo.Admin, "maintenance-windows", new
    {
        name = "freeze",
        scope = new { level, targetId = target },
        timeZone = "Europe/Zurich",
        startsAt = Hour(hoursFromNow),
        durationMinutes = minutes,
        allowsDeployments = false,
        suppressesPatching = true,
    });

    private Task<List<Guid>> Suppressed(FleetWorld world, params Guid[] devices) => silo.Database.Read(async c =>
        (await silo.Services.GetRequiredService<WindowQueries>()
            .Suppressing(c, new OrgId(world.Org), [.. devices.Select(d => new DeviceId(d))], silo.Clock.Now)).Select(d => d.Value).ToList());

    private DateTimeOffset Hour(int hours)
    {
        var now = silo.Clock.Now.AddHours(hours);
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }

    private object Window(string level, Guid target, int hoursFromNow) => new
    {
        name = "w",
        scope = new { level, targetId = target },
        timeZone = "Europe/Zurich",
        startsAt = Hour(hoursFromNow),
        durationMinutes = 120,
        recurrence = "FREQ=DAILY",
    };

    private Task<IReadOnlyDictionary<Guid, DeviceWindow>> States(FleetWorld world, params Guid[] devices) => silo.Database.Read(async c =>
    {
        var states = await silo.Services.GetRequiredService<WindowQueries>()
            .ForDeployments(c, new OrgId(world.Org), [.. devices.Select(d => new DeviceId(d))], silo.Clock.Now);
        return (IReadOnlyDictionary<Guid, DeviceWindow>)states.ToDictionary(s => s.Key.Value, s => s.Value);
    });
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteWindowTests(SqliteSilo silo) : WindowTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresWindowTests(PostgresSilo silo) : WindowTests(silo);
