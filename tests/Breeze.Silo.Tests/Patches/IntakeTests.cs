using System.Net;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Patches;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;
using PatchResultStatus = Breeze.Core.Patches.PatchResultStatus;

namespace Breeze.Silo.Tests.Patches;

/// <summary>What devices report becomes what the API shows: whole, by difference, and each tenant's own.</summary>
public abstract class IntakeTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_report_makes_the_catalogue_and_the_devices_statuses()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("a"), world.Name("b")], [world.Name("c")]);
        Assert.Equal(
            new() { [world.Name("a")] = "pending", [world.Name("b")] = "pending", [world.Name("c")] = "installed" }, await world.Statuses(device));
        var patch = (await world.Find(world.Name("a")))!;
        Assert.Equal("linux", patch["source"]!.GetValue<string>());
        Assert.Equal("Title of " + world.Name("a"), patch["title"]!.GetValue<string>());
        Assert.Equal("important", patch["severity"]!.GetValue<string>());
        Assert.Equal("What it is", patch["description"]!.GetValue<string>());
        Assert.Equal("security", patch["category"]!.GetValue<string>());
        Assert.Equal("1.1", patch["version"]!.GetValue<string>());
        Assert.Equal("linux", Assert.Single(patch["osTypes"]!.AsArray())!.GetValue<string>());
        Assert.Equal(1000, patch["sizeBytes"]!.GetValue<long>());
        Assert.False(patch["requiresReboot"]!.GetValue<bool>());
        Assert.Equal("2026-02-01T00:00:00.000Z", patch["releaseDate"]!.GetValue<string>());
        Assert.Equal("pending", patch["approvalStatus"]!.GetValue<string>());
        Assert.Equal("""{"pending":1,"installed":0,"failed":0,"skipped":0,"missing":0}""", patch["counts"]!.ToJsonString());
    }

    [EngineFact]
    public async Task An_unchanged_report_writes_nothing_but_the_time_of_the_scan()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("a")], [world.Name("b")]);
        var before = await world.Rows(device);
        await silo.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.Report(device, [world.Name("a")], [world.Name("b")]);
        Assert.Equal(before, await world.Rows(device));
        Assert.Equal(
            silo.Clock.Now.ToUnixTimeMilliseconds(),
            await world.Scalar<long>("select completed_at from device_scans where device_id = @device", new { device }));
    }

    [EngineFact]
    public async Task Only_what_differs_is_written()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("a"), world.Name("b")]);
        var first = silo.Clock.Now.ToUnixTimeMilliseconds();
        await silo.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.Report(device, [world.Name("a")], [world.Name("b")]);
        Assert.Equal(1, await world.Scalar<int>("select count(*) from device_patches where device_id = @device and changed_at = @first", new { device, first }));
        Assert.Equal(new() { [world.Name("a")] = "pending", [world.Name("b")] = "installed" }, await world.Statuses(device));
    }

    /// <summary>The rows that a scan finds, and what each kind of scan makes of them: the whole table of the contract.</summary>
    public static TheoryData<string, bool, string, string?> Transitions => new()
    {
        // before, complete, the next scan shows it as, after (null: not shown any more)
        { "pending", true, "available", "pending" },
        { "pending", true, "installed", "installed" },
        { "pending", true, "absent", null },
        { "pending", false, "absent", "pending" },
        { "installed", true, "available", "pending" },
        { "installed", true, "absent", null },
        { "installed", false, "absent", "installed" },
        { "failed", true, "available", "failed" },
        { "failed", true, "installed", "installed" },
        { "failed", true, "absent", "failed" },
        { "skipped", true, "available", "pending" },
        { "skipped", false, "available", "skipped" },
        { "skipped", true, "installed", "installed" },
        { "skipped", true, "absent", null },
    };

    [EngineTheory]
    [MemberData(nameof(Transitions))]
    public async Task A_scan_makes_of_each_status_what_the_contract_says(string before, bool complete, string shown, string? after)
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, before == "installed" ? [] : [world.Name("p")], before == "installed" ? [world.Name("p")] : []);
        if (before is "failed" or "skipped")
        {
            await Outcome(world, device, before == "failed" ? PatchResultStatus.Failed : PatchResultStatus.Skipped, "it broke");
        }

        await world.Report(device, shown == "available" ? [world.Name("p")] : [], shown == "installed" ? [world.Name("p")] : [], complete);
        Assert.Equal(after, (await world.Statuses(device)).GetValueOrDefault(world.Name("p")));
        await CountInvariants.Hold(silo, world.Org);
    }

    [EngineFact]
    public async Task What_is_absent_and_approved_is_missing_and_a_decision_turns_it_both_ways()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("p")]);
        var patch = await world.IdOf(world.Name("p"));
        await world.Report(device, []);
        Assert.Empty(await world.Statuses(device));
        await Decide(world, patch, true);
        Assert.Equal("missing", (await world.Statuses(device))[world.Name("p")]);
        await CountInvariants.Hold(silo, world.Org);
        await Decide(world, patch, false);
        Assert.Empty(await world.Statuses(device));
        await CountInvariants.Hold(silo, world.Org);
    }

    [EngineFact]
    public async Task A_scan_during_a_decision_sees_it()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("p")]);
        var patch = await world.IdOf(world.Name("p"));
        Task report = Task.CompletedTask;
        await world.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync(
                """
                insert into patch_approvals (org_id, patch_id, status, actor_kind, actor_id, actor_name, decided_at, version)
                values (@org, @patch, 2, 'api_key', 'x', 'x', 0, 1)
                """,
                new { org = world.Org, patch },
                tx);
            await DevicePatchStatuses.ApprovalChanged(tx, [(new OrgId(world.Org), patch, true)], world.Now);
            // The device scans before this has committed; the patch is not there any more.
            report = Task.Run(() => world.Report(device, []));
            await Task.WhenAny(report, Task.Delay(300));
            return true;
        });
        await report;
        Assert.Equal("missing", (await world.Statuses(device))[world.Name("p")]);
        await CountInvariants.Hold(silo, world.Org);
    }

    [EngineFact]
    public async Task An_outcome_shows_with_the_devices_own_words_until_something_better_is_known()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("p")]);
        await Outcome(world, device, PatchResultStatus.Failed, "dpkg: error 2");
        Assert.Equal("dpkg: error 2", (await One(world, device))["error"]!.GetValue<string>());
        await world.Report(device, [world.Name("p")]);
        Assert.Equal("dpkg: error 2", (await One(world, device))["error"]!.GetValue<string>());
        await Outcome(world, device, PatchResultStatus.Installed, null, reboot: true);
        var now = await One(world, device);
        Assert.Equal("installed", now["status"]!.GetValue<string>());
        Assert.True(now["rebootRequired"]!.GetValue<bool>());
        Assert.Null(now["error"]);
        await Outcome(world, device, PatchResultStatus.Failed, "cannot be removed");
        Assert.Equal("installed", (await One(world, device))["status"]!.GetValue<string>());
        await Outcome(world, device, PatchResultStatus.RolledBack, null);
        Assert.Equal("pending", (await One(world, device))["status"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task A_source_that_could_not_be_scanned_leaves_its_rows_alone_and_other_sources_too()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("deb")]);
        await world.Report(device, [world.Name("app")], source: "third_party");
        await world.Report(device, [], complete: false);
        await world.Report(device, [], source: "third_party");
        Assert.Equal(new() { [world.Name("deb")] = "pending" }, await world.Statuses(device));
    }

    [EngineFact]
    public async Task One_tenants_report_changes_nothing_that_another_sees()
    {
        var world = await PatchWorld.Create(silo);
        var name = world.Name("shared");
        var mine = await world.Device();
        await world.Report(mine, [name]);
        var before = (await world.Find(name))!.ToJsonString();
        var theirs = await world.Device(org: world.Tenants.Foreign);
        await world.Report(theirs, new ReportPatches("linux", true, [new(name, "Owned", "9", "low", Description: "<script>")], []));
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(before, (await world.Find(name))!.ToJsonString());
        Assert.Equal(before, (await world.Technician.Get($"/patches/{await world.IdOf(name)}")).Is(HttpStatusCode.OK).Body!.ToJsonString());
        var other = (await world.Find(name, silo.Admin, world.Tenants.Foreign))!;
        Assert.Equal("Owned", other["title"]!.GetValue<string>());
        Assert.Equal(await world.IdOf(name), other["id"]!.GetValue<Guid>());
    }

    [EngineFact]
    public async Task Two_devices_that_describe_a_patch_differently_do_not_take_turns()
    {
        var world = await PatchWorld.Create(silo);
        var name = world.Name("p");
        var devices = await world.Devices(2);
        var (low, high) = (new ReportedPatch(name, "From one", Severity: "low"), new ReportedPatch(name, "From the other", Severity: "critical"));
        await world.Report(devices[0], new ReportPatches("linux", true, [low], []));
        await world.Report(devices[1], new ReportPatches("linux", true, [high], []));
        var after = (await world.Find(name))!.ToJsonString();
        Assert.Contains("From the other", after, StringComparison.Ordinal);
        await world.Report(devices[0], new ReportPatches("linux", true, [low, PatchWorld.Reported(world.Name("q"))], []));
        Assert.Equal(after, (await world.Find(name))!.ToJsonString());

        // What a device says anew counts, and what it leaves out takes nothing away.
        await world.Report(devices[0], new ReportPatches("linux", true, [new(name, "Renamed")], []));
        var renamed = (await world.Find(name))!;
        Assert.Equal("Renamed", renamed["title"]!.GetValue<string>());
        Assert.Equal("critical", renamed["severity"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task Thousands_of_rows_are_taken_in_one_pass()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(20);
        await Task.WhenAll(devices.Select(d => world.Report(d, Enumerable.Range(0, 300).Select(i => world.Name($"p{i}")), [world.Name("base")])));
        await CountInvariants.Hold(silo, world.Org);
        var patch = (await world.Find(world.Name("p7")))!;
        Assert.Equal(20, patch["counts"]!["pending"]!.GetValue<int>());
        Assert.Equal(301, (await world.Technician.Get("/patches?limit=1")).Body!["pagination"]!["total"]!.GetValue<int>());
    }

    [EngineFact]
    public async Task A_decommissioned_device_counts_nowhere_and_reports_no_more()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(2);
        await Task.WhenAll(devices.Select(d => world.Report(d, [world.Name("a")], [world.Name("b")])));
        (await silo.Admin.Delete($"/devices/{devices[0]}")).Is(HttpStatusCode.OK);
        await CountInvariants.Hold(silo, world.Org);
        Assert.Equal(1, (await world.Find(world.Name("a")))!["counts"]!["pending"]!.GetValue<int>());
        Assert.Equal(50m, (await world.Technician.Get("/patches/compliance")).Data["compliancePercent"]!.GetValue<decimal>());
    }

    private static async Task<System.Text.Json.Nodes.JsonNode> One(PatchWorld world, Guid device) =>
        Assert.Single((await world.Technician.Get($"/devices/{device}/patches")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray())!;

    private static async Task Outcome(PatchWorld world, Guid device, PatchResultStatus status, string? error, bool reboot = false)
    {
        var patch = await world.IdOf(world.Name("p"));
        await world.Write(async tx =>
        {
            await DevicePatchStatuses.Apply(tx, [new(new(world.Org), new(device), patch, status, error, reboot)], world.Now);
            return true;
        });
    }

    private static Task<bool> Decide(PatchWorld world, Guid patch, bool approved) => world.Write(async tx =>
    {
        await DevicePatchStatuses.ApprovalChanged(tx, [(new OrgId(world.Org), patch, approved)], world.Now);
        return true;
    });

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : IntakeTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : IntakeTests(silo);
}
