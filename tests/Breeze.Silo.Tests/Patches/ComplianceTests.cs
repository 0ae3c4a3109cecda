using System.Net;
using System.Text.Json.Nodes;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Patches;
using Breeze.Silo.Tests.Fixture;
using Xunit;
using PatchResultStatus = Breeze.Core.Patches.PatchResultStatus;

namespace Breeze.Silo.Tests.Patches;

/// <summary><c>GET /patches/compliance</c>: the figures, their groups and filters, and the worst devices.</summary>
public abstract class ComplianceTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Nothing_reported_is_compliant()
    {
        var world = await PatchWorld.Create(silo);
        var summary = (await world.Technician.Get("/patches/compliance")).Is(HttpStatusCode.OK).Data;
        Assert.Equal(100m, summary["compliancePercent"]!.GetValue<decimal>());
        Assert.Equal(0, summary["total"]!.GetValue<int>());
        Assert.Empty(summary["worstDevices"]!.AsArray());
    }

    [EngineFact]
    public async Task Every_status_but_installed_counts_against_it_and_the_figures_are_of_this_instant()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        string[] names = [.. new[] { "pending", "installed", "failed", "skipped", "missing", "more", "still" }.Select(world.Name)];
        await world.Report(device, [names[0], names[2], names[3], names[4]], [names[1], names[5], names[6]]);
        var missing = await world.IdOf(names[4]);
        await Outcome(world, device, names[2], PatchResultStatus.Failed);
        await Outcome(world, device, names[3], PatchResultStatus.Skipped);
        Assert.Equal(42.86m, (await Summary(world))["compliancePercent"]!.GetValue<decimal>());
        Assert.Equal("2/3/1/1/0", Counts((await Summary(world))["counts"]!));
        await world.Report(device, [names[0], names[3]], [names[1], names[5], names[6]], complete: false);
        await world.Report(device, [names[0]], [names[1], names[5], names[6]]);
        await world.Write(async tx =>
        {
            await DevicePatchStatuses.ApprovalChanged(tx, [(new OrgId(world.Org), missing, true)], world.Now);
            return true;
        });
        // The skipped one is gone from its device and not approved: it counts no more.
        Assert.Equal("1/3/1/0/1", Counts((await Summary(world))["counts"]!));
        Assert.Equal(50m, (await Summary(world))["compliancePercent"]!.GetValue<decimal>());
    }

    [EngineFact]
    public async Task Sources_and_severities_are_groups_and_filters()
    {
        var world = await PatchWorld.Create(silo);
        var (linux, windows) = (await world.Device(), await world.Device("windows"));
        await world.Report(linux, new ReportPatches(
            "linux", true, [PatchWorld.Reported(world.Name("a"), "critical")], [PatchWorld.Reported(world.Name("b"), "low"), PatchWorld.Reported(world.Name("c"), "critical")]));
        await world.Report(windows, new ReportPatches("microsoft", true, [PatchWorld.Reported(world.Name("d"), "critical")], []));
        var all = await Summary(world);
        Assert.Equal(["microsoft 0 1/0/0/0/0", "linux 66.67 1/2/0/0/0"], Groups(all["bySource"]!, "source"));
        Assert.Equal(["critical 33.33 2/1/0/0/0", "low 100 0/1/0/0/0"], Groups(all["bySeverity"]!, "severity"));
        Assert.Equal(50m, all["compliancePercent"]!.GetValue<decimal>());
        Assert.Equal(0m, (await Summary(world, "?source=microsoft"))["compliancePercent"]!.GetValue<decimal>());
        Assert.Equal(100m, (await Summary(world, "?severity=low"))["compliancePercent"]!.GetValue<decimal>());
        Assert.Equal(50m, (await Summary(world, "?source=linux&severity=critical"))["compliancePercent"]!.GetValue<decimal>());
        var narrowed = await Summary(world, "?source=linux&severity=critical");
        Assert.Equal(linux, Assert.Single(narrowed["worstDevices"]!.AsArray())!["deviceId"]!.GetValue<Guid>());
        Assert.Equal("1/1/0/0/0", Counts(narrowed["worstDevices"]!.AsArray().Single()!["counts"]!));
        Assert.Empty((await Summary(world, "?severity=low"))["worstDevices"]!.AsArray());
    }

    [EngineFact]
    public async Task The_devices_with_the_most_open_patches_come_first_and_no_more_than_ten()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(12);
        await Task.WhenAll(devices.Select((d, i) => world.Report(d, Enumerable.Range(0, i).Select(n => world.Name($"p{n}")), [world.Name("base")])));
        var worst = (await Summary(world))["worstDevices"]!.AsArray();
        Assert.Equal(devices.Reverse().Take(10), worst.Select(d => d!["deviceId"]!.GetValue<Guid>()));
        Assert.Equal("11/1/0/0/0", Counts(worst[0]!["counts"]!));
        Assert.Equal(8.33m, worst[0]!["compliancePercent"]!.GetValue<decimal>());
        var narrowed = (await Summary(world, "?source=linux"))["worstDevices"]!.AsArray();
        Assert.Equal(worst.Select(d => d!["deviceId"]!.GetValue<Guid>()), narrowed.Select(d => d!["deviceId"]!.GetValue<Guid>()));
        var byPartner = (await world.Partner.Get("/patches/compliance")).Is(HttpStatusCode.OK).Data["worstDevices"]!.AsArray();
        Assert.Equal(worst.Select(d => d!["deviceId"]!.GetValue<Guid>()), byPartner.Select(d => d!["deviceId"]!.GetValue<Guid>()));
    }

    [EngineFact]
    public async Task A_key_counts_its_own_organizations_and_no_others()
    {
        var world = await PatchWorld.Create(silo);
        await world.Report(await world.Device(), [world.Name("a")]);
        await world.Report(await world.Device(org: world.Tenants.Sister), [world.Name("a")], [world.Name("b")]);
        await world.Report(await world.Device(org: world.Tenants.Foreign), [], [world.Name("a"), world.Name("b"), world.Name("c")]);
        Assert.Equal("1/0/0/0/0", Counts((await Summary(world))["counts"]!));
        Assert.Equal("2/1/0/0/0", Counts((await world.Partner.Get("/patches/compliance")).Is(HttpStatusCode.OK).Data["counts"]!));
        Assert.Equal("1/1/0/0/0", Counts((await world.Partner.Get($"/patches/compliance?orgId={world.Tenants.Sister}")).Is(HttpStatusCode.OK).Data["counts"]!));
        (await world.Partner.Get($"/patches/compliance?orgId={world.Tenants.Foreign}")).Is(HttpStatusCode.Forbidden);
    }

    private static async Task<JsonNode> Summary(PatchWorld world, string query = "") =>
        (await world.Technician.Get($"/patches/compliance{query}")).Is(HttpStatusCode.OK).Data;

    private static string Counts(JsonNode counts) =>
        $"{counts["pending"]}/{counts["installed"]}/{counts["failed"]}/{counts["skipped"]}/{counts["missing"]}";

    private static IEnumerable<string> Groups(JsonNode groups, string name) =>
        groups.AsArray().Select(g => $"{g![name]} {g["compliancePercent"]} {Counts(g["counts"]!)}");

    private static async Task Outcome(PatchWorld world, Guid device, string name, PatchResultStatus status)
    {
        var patch = await world.IdOf(name);
        await world.Write(async tx =>
        {
            await DevicePatchStatuses.Apply(tx, [new(new(world.Org), new(device), patch, status, "it broke", false)], world.Now);
            return true;
        });
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ComplianceTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ComplianceTests(silo);
}
