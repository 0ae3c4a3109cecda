using System.Text.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

/// <summary>The machine's real apt and dpkg over a package root of the test's own.</summary>
public sealed class AptTests : IDisposable
{
    private readonly AptWorld _apt = new();
    private readonly Signer _signer = new();

    public void Dispose()
    {
        _apt.Dispose();
        _signer.Dispose();
    }

    [AptFact]
    public async Task A_scan_reports_what_is_offered_with_its_origin_and_what_is_installed()
    {
        _apt.Package("Sample", "alpha", "1.0");
        _apt.Package("Sample", "beta", "1.0");
        _apt.Package("Sample", "steady", "3.1");
        Ready("Sample");
        _apt.Install("alpha", "beta", "steady");
        _apt.Package("Sample", "alpha", "1.1", padding: 20_000);
        _apt.Package("Sample-Security", "beta", "1.0+deb1");
        _apt.Publish("Sample", "Sample-Security");

        await using var agent = Agent();
        var link = agent.Connect();
        var scan = await Scan(agent, link, []);
        Assert.Equal(ResultStatus.Completed, scan.Result.Status);
        Assert.Equal([new SourceScan("linux", true, true, 2, 3)], scan.Sources);

        var report = Assert.Single(link.Patches);
        Assert.Equal(("linux", true, null), (report.Source, report.Complete, report.ScanId));
        var alpha = Assert.Single(report.Available, patch => patch.ExternalId == "apt:alpha:all=1.1");
        Assert.Equal(("alpha: Sample alpha", "1.1", "1.0", "unknown", "updates", false), (alpha.Title, alpha.Version, alpha.CurrentVersion, alpha.Severity, alpha.Category, alpha.RequiresReboot));
        Assert.Equal("It does nothing,\n\nand that well.", alpha.Description);
        Assert.Equal(new FileInfo(_apt.Deb("Sample", "alpha", "1.1")).Length, alpha.SizeBytes);
        var beta = Assert.Single(report.Available, patch => patch.ExternalId == "apt:beta:all=1.0+deb1");
        Assert.Equal(("important", "security"), (beta.Severity, beta.Category));
        Assert.Equal(["apt:alpha:all=1.0", "apt:beta:all=1.0", "apt:steady:all=3.1"], report.Installed.Select(patch => patch.ExternalId).Order());
    }

    [AptFact]
    public async Task The_packages_of_this_very_machine_are_reported()
    {
        // Its own package list, read only; no repositories, so that nothing is fetched.
        var folder = Directory.CreateDirectory(Path.Combine(_apt.Agent, "machine"));
        foreach (var name in new[] { "lists/partial", "cache/archives/partial" })
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, name));
        }

        var configuration = Path.Combine(folder.FullName, "apt.conf");
        await File.WriteAllTextAsync(configuration, $"""
            Dir::State::lists "{folder.FullName}/lists";
            Dir::Cache "{folder.FullName}/cache";
            Dir::Etc::sourcelist "/dev/null";
            Dir::Etc::sourceparts "/dev/null";
            """);
        await using var agent = new RunningProcessor(_apt.Agent, _signer, tools: _apt.Tools with
        {
            Environment = new Dictionary<string, string> { ["APT_CONFIG"] = configuration },
        });
        var link = agent.Connect();
        var scan = await Scan(agent, link, []);
        Assert.Equal((true, true, 0), (scan.Sources[0].Scanned, scan.Sources[0].Complete, scan.Sources[0].Available));
        var installed = link.Patches.SelectMany(report => report.Installed).ToList();
        Assert.Equal(scan.Sources[0].Installed, installed.Count);
        Assert.True(installed.Count > 50, $"{installed.Count} packages");
        Assert.Single(installed, patch => patch.ExternalId.StartsWith("apt:dpkg:", StringComparison.Ordinal));
    }

    [AptFact]
    public async Task A_repository_that_cannot_be_reached_makes_the_scan_incomplete_and_not_empty()
    {
        _apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        _apt.Install("alpha");
        _apt.Package("Sample", "alpha", "2.0");
        _apt.Publish("Sample");
        _apt.AddUnreachable();

        await using var agent = Agent();
        var link = agent.Connect();
        var scan = await Scan(agent, link, ["linux"]);
        var report = Assert.Single(link.Patches);
        Assert.False(report.Complete);
        Assert.Equal("apt:alpha:all=1.0", Assert.Single(report.Installed).ExternalId);
        Assert.Contains("could not be refreshed", Assert.Single(scan.Sources).Error, StringComparison.Ordinal);
    }

    [AptFact]
    public async Task A_source_that_cannot_be_scanned_reports_nothing_and_says_why()
    {
        await File.WriteAllTextAsync(Path.Combine(_apt.Root, "var/lib/dpkg/status"), "this is no package list\n");
        await using var agent = Agent();
        var link = agent.Connect();
        var scan = await Scan(agent, link, []);
        Assert.Equal(ResultStatus.Failed, scan.Result.Status);
        Assert.Empty(link.Patches);
        Assert.Equal((false, false), (scan.Sources[0].Scanned, scan.Sources[0].Complete));
        Assert.NotNull(scan.Sources[0].Error);
    }

    [AptFact]
    public async Task Only_the_sources_that_are_asked_for_are_scanned()
    {
        await using var agent = Agent();
        var link = agent.Connect();
        var scan = await Scan(agent, link, ["microsoft"]);
        Assert.Equal(ResultStatus.Completed, scan.Result.Status);
        Assert.Equal([new SourceScan("microsoft", false, false, 0, 0)], scan.Sources);
        Assert.Empty(link.Patches);
    }

    [AptFact]
    public async Task Patches_are_installed_in_exactly_their_versions_and_the_next_scan_says_so()
    {
        _apt.Package("Sample", "alpha", "1.0");
        _apt.Package("Sample", "beta", "1.0");
        Ready("Sample");
        _apt.Install("alpha", "beta");
        _apt.Package("Sample", "alpha", "1.1");
        _apt.Package("Sample", "alpha", "1.2");
        _apt.Package("Sample", "beta", "2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var installed = await Install(agent, link, "apt:alpha:all=1.1", "apt:beta:all=2.0");
        Assert.Equal(ResultStatus.Completed, installed.Result.Status);
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Installed], installed.Patches.Select(patch => patch.Status));
        Assert.Equal(["alpha 1.1 ii", "beta 2.0 ii"], _apt.Installed());
        Assert.Equal("1.1", _apt.VersionOnDisk("alpha"));
        Assert.Equal([CommandPhase.Downloading, CommandPhase.Installing], link.Phases.Distinct());
        Assert.Contains("Unpacking alpha (1.1) over (1.0)", installed.Result.Output, StringComparison.Ordinal);

        await Scan(agent, link, []);
        var report = link.Patches.Last();
        Assert.Equal(["apt:alpha:all=1.2"], report.Available.Select(patch => patch.ExternalId));
        Assert.Contains("apt:alpha:all=1.1", report.Installed.Select(patch => patch.ExternalId));
    }

    [AptFact]
    public async Task A_failing_maintainer_script_fails_its_patch_with_its_own_words_and_no_other()
    {
        foreach (var name in new[] { "before", "broken", "later" })
        {
            _apt.Package("Sample", name, "1.0");
        }

        Ready("Sample");
        _apt.Install("before", "broken", "later");
        _apt.Package("Sample", "before", "2.0");
        _apt.Package("Sample", "broken", "2.0", postinst: "echo the flux capacitor is missing >&2; exit 3");
        _apt.Package("Sample", "later", "2.0");
        Ready("Sample");

        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), "apt:before:all=2.0", "apt:broken:all=2.0", "apt:later:all=2.0");
        Assert.Equal((ResultStatus.Failed, "1 of 3 patches failed."), (result.Result.Status, result.Result.Error));
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Installed], result.Patches.Select(patch => patch.Status));
        Assert.Contains("the flux capacitor is missing", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Contains("exit status 3", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Equal(["before 2.0 ii", "broken 2.0 iF", "later 2.0 ii"], _apt.Installed());
    }

    [AptFact]
    public async Task An_install_that_a_power_cut_left_half_way_is_finished_first()
    {
        _apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        _apt.Install("alpha");
        _apt.Package("Sample", "alpha", "2.0");
        Ready("Sample");
        // dpkg's own journal of a change that it had not put into its list yet.
        var status = await File.ReadAllTextAsync(Path.Combine(_apt.Root, "var/lib/dpkg/status"));
        await File.WriteAllTextAsync(Path.Combine(_apt.Root, "var/lib/dpkg/updates/0001"), status.Replace("ok installed", "ok unpacked", StringComparison.Ordinal));

        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), "apt:alpha:all=2.0");
        Assert.Equal((PatchResultStatus.Installed, null), (result.Patches[0].Status, result.Patches[0].Error));
        Assert.Equal(["alpha 2.0 ii"], _apt.Installed());
    }

    [AptFact]
    public async Task A_patch_that_would_change_a_package_nobody_named_is_skipped()
    {
        _apt.Package("Sample", "tool", "1.0", depends: "library (>= 1.0)");
        _apt.Package("Sample", "library", "1.0");
        Ready("Sample");
        _apt.Install("tool");
        _apt.Package("Sample", "tool", "2.0", depends: "library (>= 2.0), helper");
        _apt.Package("Sample", "library", "2.0");
        _apt.Package("Sample", "helper", "1.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var alone = Assert.Single((await Install(agent, link, "apt:tool:all=2.0")).Patches);
        Assert.Equal(PatchResultStatus.Skipped, alone.Status);
        Assert.Contains("library 2.0", alone.Error, StringComparison.Ordinal);
        Assert.Equal(["library 1.0 ii", "tool 1.0 ii"], _apt.Installed());

        // Both named, it may; a package that was not there before is nobody's patch.
        var both = await Install(agent, link, "apt:tool:all=2.0", "apt:library:all=2.0");
        Assert.All(both.Patches, patch => Assert.Equal(PatchResultStatus.Installed, patch.Status));
        Assert.Equal(["helper 1.0 ii", "library 2.0 ii", "tool 2.0 ii"], _apt.Installed());
    }

    [AptFact]
    public async Task What_cannot_be_installed_says_why_and_what_is_in_place_already_is_installed()
    {
        _apt.Package("Sample", "alpha", "1.0");
        _apt.Package("Sample", "alpha", "2.0");
        _apt.Package("Sample", "stranger", "1.0");
        Ready("Sample");
        _apt.Install("alpha=2.0");

        await using var agent = Agent();
        var result = await Install(
            agent, agent.Connect(), "apt:alpha:all=1.0", "apt:alpha:all=9.0", "apt:stranger:all=1.0", "apt:alpha:all=--allow", "rpm:alpha:x86_64=1-1", "apt:../../x:all=1");
        Assert.Equal(
            [PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Skipped, PatchResultStatus.Failed, PatchResultStatus.Failed, PatchResultStatus.Failed],
            result.Patches.Select(patch => patch.Status));
        Assert.Contains("was not found", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Equal("stranger is not installed on this device.", result.Patches[2].Error);
        Assert.Equal(["alpha 2.0 ii"], _apt.Installed());
    }

    [AptFact]
    public async Task A_rollback_goes_back_to_what_was_there_before_even_after_a_restart_of_the_agent()
    {
        foreach (var version in new[] { "1.0", "1.5", "2.0" })
        {
            _apt.Package("Sample", "alpha", version);
            _apt.Package("Sample", "beta", version, depends: $"alpha (= {version})");
        }

        Ready("Sample");
        _apt.Install("alpha=1.0", "beta=1.0");
        await using (var agent = Agent())
        {
            await Install(agent, agent.Connect(), "apt:alpha:all=2.0", "apt:beta:all=2.0");
            Assert.Equal(["alpha 2.0 ii", "beta 2.0 ii"], _apt.Installed());
        }

        await using var again = Agent();
        var link = again.Connect();
        // The two depend on each other's exact version: one alone cannot go back.
        var alone = Assert.Single((await Change(again, link, CommandTypes.RollbackPatches, "apt:alpha:all=2.0")).Patches);
        Assert.NotEqual(PatchResultStatus.RolledBack, alone.Status);
        Assert.Equal(["alpha 2.0 ii", "beta 2.0 ii"], _apt.Installed());

        var both = await Change(again, link, CommandTypes.RollbackPatches, "apt:alpha:all=2.0", "apt:beta:all=2.0");
        Assert.Equal(ResultStatus.Completed, both.Result.Status);
        Assert.All(both.Patches, patch => Assert.Equal(PatchResultStatus.RolledBack, patch.Status));
        Assert.Equal(["alpha 1.0 ii", "beta 1.0 ii"], _apt.Installed());
        Assert.Equal("1.0", _apt.VersionOnDisk("alpha"));

        await Scan(again, link, []);
        Assert.Equal(["apt:alpha:all=2.0", "apt:beta:all=2.0"], link.Patches.Last().Available.Select(patch => patch.ExternalId).Order());
        Assert.DoesNotContain("apt:alpha:all=2.0", link.Patches.Last().Installed.Select(patch => patch.ExternalId));
    }

    [AptFact]
    public async Task A_rollback_works_although_the_archive_has_dropped_the_earlier_version()
    {
        _apt.Package("Sample", "alpha", "1:1.0");
        Ready("Sample");
        _apt.Install("alpha");
        _apt.Package("Sample", "alpha", "1:2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        await Install(agent, link, "apt:alpha:all=1:2.0");
        File.Delete(_apt.Deb("Sample", "alpha", "1:1.0"));
        Ready("Sample");
        var back = await Change(agent, link, CommandTypes.RollbackPatches, "apt:alpha:all=1:2.0");
        Assert.Equal((PatchResultStatus.RolledBack, null), (back.Patches[0].Status, back.Patches[0].Error));
        Assert.Equal(["alpha 1:1.0 ii"], _apt.Installed());
    }

    [AptFact]
    public async Task A_rollback_that_cannot_be_gives_the_devices_own_words()
    {
        _apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        _apt.Install("alpha");
        // Dropped before the patch is installed: nobody has it any more.
        File.Delete(_apt.Deb("Sample", "alpha", "1.0"));
        _apt.Package("Sample", "alpha", "2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        await Install(agent, link, "apt:alpha:all=2.0");
        var gone = await Change(agent, link, CommandTypes.RollbackPatches, "apt:alpha:all=2.0");
        Assert.Equal(PatchResultStatus.Failed, Assert.Single(gone.Patches).Status);
        Assert.Contains("Version '1.0' for 'alpha' was not found", gone.Patches[0].Error, StringComparison.Ordinal);

        var unknown = await Change(agent, link, CommandTypes.RollbackPatches, "apt:alpha:all=1.7");
        Assert.Contains("did not install it", Assert.Single(unknown.Patches).Error, StringComparison.Ordinal);
    }

    [AptFact]
    public async Task A_version_that_a_later_one_replaced_is_still_in_place()
    {
        _apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        _apt.Install("alpha");
        _apt.Package("Sample-Security", "alpha", "1.1");
        _apt.Publish("Sample", "Sample-Security");
        await using var agent = Agent();
        var link = agent.Connect();
        await Scan(agent, link, []);
        _apt.Package("Sample", "alpha", "1.2");
        Ready("Sample", "Sample-Security");
        await Scan(agent, link, []);
        // Never installed, and not offered any more since 1.2 is.
        Assert.DoesNotContain("apt:alpha:all=1.1", Names(link.Patches.Last()));

        _apt.Install("alpha=1.2");
        await Scan(agent, link, []);
        var before = Assert.Single(link.Patches.Last().Installed, patch => patch.ExternalId == "apt:alpha:all=1.1");
        Assert.Equal(("important", "security"), (before.Severity, before.Category));

        static IEnumerable<string> Names(ReportPatches report) => report.Available.Concat(report.Installed).Select(patch => patch.ExternalId);
    }

    [AptFact]
    public async Task A_cancelled_command_finishes_the_patch_it_is_at_and_begins_no_further()
    {
        var marker = Path.Combine(_apt.Root, "started");
        foreach (var name in new[] { "slow", "next" })
        {
            _apt.Package("Sample", name, "1.0");
        }

        Ready("Sample");
        _apt.Install("slow", "next");
        // Named at one version each: a package that does not exist in it keeps the two from being tried in one go.
        _apt.Package("Sample", "slow", "2.0", postinst: $"touch {marker}; sleep 2");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var command = _signer.Sign(CommandTypes.InstallPatches, Payload("apt:slow:all=2.0", "apt:next:all=2.0"));
        agent.Receive(command);
        await Wait.Until(() => File.Exists(marker), "the maintainer script to start");
        agent.Cancel(command.Id);
        var result = await link.NextResult();
        var patches = result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results;
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Skipped], patches.Select(patch => patch.Status));
        Assert.Equal(["next 1.0 ii", "slow 2.0 ii"], _apt.Installed());
    }

    private void Ready(params string[] repositories)
    {
        _apt.Publish(repositories);
        _apt.Refresh();
    }

    private RunningProcessor Agent() => new(_apt.Agent, _signer, tools: _apt.Tools);

    private async Task<(Result Result, IReadOnlyList<SourceScan> Sources)> Scan(RunningProcessor agent, ScriptedLink link, string[] sources)
    {
        agent.Receive(_signer.Sign(CommandTypes.ScanPatches, JsonSerializer.Serialize(new ScanPatchesPayload(sources), AgentJson.Default.ScanPatchesPayload)));
        var result = await link.NextResult();
        return (result, result.Data!.Value.Deserialize(AgentJson.Default.ScanResults)!.Sources);
    }

    private Task<(Result Result, IReadOnlyList<PatchResult> Patches)> Install(RunningProcessor agent, ScriptedLink link, params string[] externalIds) =>
        Change(agent, link, CommandTypes.InstallPatches, externalIds);

    private async Task<(Result Result, IReadOnlyList<PatchResult> Patches)> Change(RunningProcessor agent, ScriptedLink link, string type, params string[] externalIds)
    {
        agent.Receive(_signer.Sign(type, Payload(externalIds)));
        var result = await link.NextResult();
        return (result, result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results);
    }

    private static string Payload(params string[] externalIds) => JsonSerializer.Serialize(
        new PatchesPayload([.. externalIds.Select(id => new PatchReference(Guid.CreateVersion7(), PatchSources.Linux, id, id))]), AgentJson.Default.PatchesPayload);
}
