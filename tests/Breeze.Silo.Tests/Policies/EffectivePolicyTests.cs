using System.Net;
using Breeze.Core;
using Breeze.Silo.Fleet;
using Breeze.Silo.Policies;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

/// <summary>Which policy a device obeys: most specific level, then lower priority, then older assignment.</summary>
public abstract class EffectivePolicyTests(SiloFixture silo)
{
    private static readonly string[] Levels = ["partner", "organization", "site", "device_group", "device"];

    [EngineFact]
    public async Task A_more_specific_level_wins_over_every_wider_one_whatever_its_priority()
    {
        var world = await FleetWorld.Create(silo);
        var (device, other) = (new TestDevice(), new TestDevice { Site = await world.NewSite("Europe/Zurich") });
        await world.Insert([device, other]);
        var group = await world.NewGroup(device.Id);
        var targets = new[] { world.Partner, world.Org, world.Site, group, device.Id };
        var asked = await world.NewPatchPolicy(new { });
        Assert.Null(await world.Viewer.Effective(asked, device.Id));
        var policies = new List<Guid>();
        for (var i = 0; i < Levels.Length; i++)
        {
            var policy = i == 0 ? await silo.Admin.NewPolicy(new { partnerId = world.Partner, name = "partner's" }) : await world.NewPatchPolicy(new { deadlineMinutes = 100 + i });
            await silo.Admin.SetPatch(policy, new { deadlineMinutes = 100 + i });
            await silo.Admin.Assign(policy, Levels[i], targets[i], Levels.Length - i);
            policies.Add(policy);
            var answer = (await world.Viewer.Get($"/configuration-policies/{asked}/resolve-patch-config/{device.Id}")).Is(HttpStatusCode.OK).Data;
            Assert.Equal((asked, device.Id, false), (answer["policyId"]!.GetValue<Guid>(), answer["deviceId"]!.GetValue<Guid>(), answer["isWinning"]!.GetValue<bool>()));
            var effective = answer["effective"]!;
            Assert.Equal((policy, 100 + i, "UTC"),
                (effective["policyId"]!.GetValue<Guid>(), effective["settings"]!["deadlineMinutes"]!.GetValue<int>(), effective["timeZone"]!.GetValue<string>()));
            Assert.Equal((Levels[i], targets[i], Levels.Length - i),
                (effective["assignment"]!["level"]!.GetValue<string>(), effective["assignment"]!["targetId"]!.GetValue<Guid>(), effective["assignment"]!["priority"]!.GetValue<int>()));
        }

        // The other device is in another site and in no group: the organization's policy.
        var elsewhere = (await world.Viewer.Effective(policies[1], other.Id))!;
        Assert.Equal((policies[1], "Europe/Zurich"), (elsewhere["policyId"]!.GetValue<Guid>(), elsewhere["timeZone"]!.GetValue<string>()));
        Assert.True((await world.Viewer.Get($"/configuration-policies/{policies[4]}/resolve-patch-config/{device.Id}")).Data["isWinning"]!.GetValue<bool>());

        // And back up again, as the more specific ones go.
        for (var i = Levels.Length - 1; i > 0; i--)
        {
            (await silo.Admin.Delete($"/configuration-policies/{policies[i]}")).Is(HttpStatusCode.OK);
            Assert.Equal(policies[i - 1], (await world.Viewer.Effective(asked, device.Id))!["policyId"]!.GetValue<Guid>());
        }
    }

    [EngineFact]
    public async Task On_one_level_the_lower_priority_wins_and_then_the_older_assignment()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var (older, newer, first) = (await world.NewPatchPolicy(new { }), await world.NewPatchPolicy(new { }), await world.NewPatchPolicy(new { }));
        var assignment = await world.Admin.Assign(older, "organization", world.Org, 5);
        await silo.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Admin.Assign(newer, "organization", world.Org, 5);
        Assert.Equal(older, await Winner(world, device.Id, older));
        await world.Admin.Assign(first, "organization", world.Org, 4);
        Assert.Equal(first, await Winner(world, device.Id, older));
        (await world.Admin.Delete($"/configuration-policies/{first}")).Is(HttpStatusCode.OK);
        await world.Admin.Unassign(older, assignment);
        Assert.Equal(newer, await Winner(world, device.Id, older));
    }

    [EngineFact]
    public async Task A_dynamic_group_is_right_whenever_it_is_asked()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var (wide, narrow) = (await world.NewPatchPolicy(new { }), await world.NewPatchPolicy(new { }));
        await world.Admin.Assign(wide, "organization", world.Org);
        await world.Admin.Assign(narrow, "device_group", await world.NewGroupOfTag("server"));
        Assert.Equal(wide, await Winner(world, device.Id, wide));
        (await world.Technician.Send(HttpMethod.Patch, $"/devices/{device.Id}", new { tags = new[] { "server" } })).Is(HttpStatusCode.OK);
        Assert.Equal(narrow, await Winner(world, device.Id, wide));
        (await world.Technician.Send(HttpMethod.Patch, $"/devices/{device.Id}", new { tags = Array.Empty<string>() })).Is(HttpStatusCode.OK);
        Assert.Equal(wide, await Winner(world, device.Id, wide));
    }

    [EngineFact]
    public async Task A_policy_without_patch_settings_takes_no_part()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var (wide, empty) = (await world.NewPatchPolicy(new { }), await world.Admin.NewPolicy(new { name = "empty" }));
        await world.Admin.Assign(wide, "organization", world.Org);
        await world.Admin.Assign(empty, "device", device.Id);
        Assert.Equal(wide, await Winner(world, device.Id, empty));
        await world.Admin.SetPatch(empty, new { });
        Assert.Equal(empty, await Winner(world, device.Id, wide));
    }

    [EngineFact]
    public async Task A_device_of_another_tenant_is_unknown_and_so_is_its_policy()
    {
        var (world, other) = (await FleetWorld.Create(silo), await FleetWorld.Create(silo));
        var policy = await world.NewPatchPolicy(new { });
        var foreign = await other.NewDevice();
        var unknown = (await world.Viewer.Get($"/configuration-policies/{policy}/resolve-patch-config/{Guid.NewGuid()}")).Is(HttpStatusCode.NotFound).Comparable;
        Assert.Equal(unknown, (await world.Viewer.Get($"/configuration-policies/{policy}/resolve-patch-config/{foreign.Id}")).Comparable);
        (await other.Viewer.Get($"/configuration-policies/{policy}/resolve-patch-config/{foreign.Id}")).Is(HttpStatusCode.NotFound);
    }

    [EngineFact]
    public async Task The_devices_that_a_policy_governs_are_those_it_wins_for_page_by_page_and_by_zone()
    {
        var world = await FleetWorld.Create(silo);
        var zurich = await world.NewSite("Europe/Zurich");
        var devices = Enumerable.Range(0, 30).Select(i => new TestDevice
        {
            Hostname = $"h{i:00}",
            Site = i % 3 == 0 ? zurich : null,
            Tags = i % 5 == 0 ? ["server"] : [],
            Decommissioned = i == 29,
        }).ToList();
        await world.Insert(devices);
        var (wide, servers, single) = (await world.NewPatchPolicy(new { }), await world.NewPatchPolicy(new { }), await world.NewPatchPolicy(new { }));
        await world.Admin.Assign(wide, "organization", world.Org);
        await world.Admin.Assign(servers, "device_group", await world.NewGroupOfTag("server"));
        await world.Admin.Assign(single, "device", devices[7].Id);
        var expected = devices.ToDictionary(d => d.Id, d => d.Id == devices[7].Id ? single : d.Tags.Contains("server") ? servers : wide);
        foreach (var policy in new[] { wide, servers, single })
        {
            Assert.Equal(devices.Where(d => expected[d.Id] == policy && !d.Decommissioned).Select(d => d.Id), await Governed(world, policy, null));
            Assert.Equal(
                devices.Where(d => expected[d.Id] == policy && d.Site == zurich).Select(d => d.Id), await Governed(world, policy, "Europe/Zurich"));
        }

        var effective = await silo.Database.Read(c => silo.Services.GetRequiredService<EffectivePolicies>()
            .Of(c, new OrgId(world.Org), [.. devices.Select(d => new DeviceId(d.Id))]));
        Assert.Equal(expected, effective.ToDictionary(e => e.Key.Value, e => e.Value.PolicyId));
    }

    private async Task<List<Guid>> Governed(FleetWorld world, Guid policy, string? zone)
    {
        var all = new List<Guid>();
        for (TargetRow? after = null; ;)
        {
            var page = await silo.Database.Read(c => silo.Services.GetRequiredService<EffectivePolicies>().Governed(c, new OrgId(world.Org), policy, zone, after, 4));
            all.AddRange(page.Select(d => d.DeviceId.Value));
            if (page.Count < 4)
            {
                return all;
            }

            after = page[^1];
        }
    }

    private static async Task<Guid> Winner(FleetWorld world, Guid device, Guid asked) =>
        (await world.Viewer.Effective(asked, device))!["policyId"]!.GetValue<Guid>();

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : EffectivePolicyTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : EffectivePolicyTests(silo);
}
