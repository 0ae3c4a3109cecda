using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

/// <summary>What a scan of a real apt reports.</summary>
public sealed class AptScanTests : AptTest
{
    [AptFact]
    public async Task A_scan_reports_what_is_offered_with_its_origin_and_what_is_installed()
    {
        Apt.Package("Sample", "alpha", "1.0");
        Apt.Package("Sample", "beta", "1.0");
        Apt.Package("Sample", "steady", "3.1");
        Ready("Sample");
        Apt.Install("alpha", "beta", "steady");
        Apt.Package("Sample", "alpha", "1.1", padding: 20_000);
        Apt.Package("Sample-Security", "beta", "1.0+deb1");
        Apt.Publish("Sample", "Sample-Security");

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
        Assert.Equal(new FileInfo(Apt.Deb("Sample", "alpha", "1.1")).Length, alpha.SizeBytes);
        var beta = Assert.Single(report.Available, patch => patch.ExternalId == "apt:beta:all=1.0+deb1");
        Assert.Equal(("important", "security"), (beta.Severity, beta.Category));
        Assert.Equal(["apt:alpha:all=1.0", "apt:beta:all=1.0", "apt:steady:all=3.1"], report.Installed.Select(patch => patch.ExternalId).Order());
    }

    [AptFact]
    public async Task The_packages_of_this_very_machine_are_reported()
    {
        // Its own package list, read only; no repositories, so that nothing is fetched.
        var folder = Directory.CreateDirectory(Path.Combine(Apt.Agent, "machine"));
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
        await using var agent = new RunningProcessor(Apt.Agent, Signer, tools: Apt.Tools with
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
        Apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        Apt.Install("alpha");
        Apt.Package("Sample", "alpha", "2.0");
        Apt.Publish("Sample");
        Apt.AddUnreachable();

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
        await File.WriteAllTextAsync(Path.Combine(Apt.Root, "var/lib/dpkg/status"), "this is no package list\n");
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
        Apt.Package("Sample", "alpha", "1.0");
        Apt.Package("Sample", "beta", "1.0");
        Ready("Sample");
        Apt.Install("alpha", "beta");
        Apt.Package("Sample", "alpha", "1.1");
        Apt.Package("Sample", "alpha", "1.2");
        Apt.Package("Sample", "beta", "2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var installed = await Install(agent, link, "apt:alpha:all=1.1", "apt:beta:all=2.0");
        Assert.Equal(ResultStatus.Completed, installed.Result.Status);
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Installed], installed.Patches.Select(patch => patch.Status));
        Assert.Equal(["alpha 1.1 ii", "beta 2.0 ii"], Apt.Installed());
        Assert.Equal("1.1", Apt.VersionOnDisk("alpha"));
        Assert.Equal([CommandPhase.Downloading, CommandPhase.Installing], link.Phases.Distinct());
        Assert.Contains("Unpacking alpha (1.1) over (1.0)", installed.Result.Output, StringComparison.Ordinal);

        await Scan(agent, link, []);
        var report = link.Patches.Last();
        Assert.Equal(["apt:alpha:all=1.2"], report.Available.Select(patch => patch.ExternalId));
        Assert.Contains("apt:alpha:all=1.1", report.Installed.Select(patch => patch.ExternalId));
    }

    [AptFact]
    public async Task A_version_that_a_later_one_replaced_is_still_in_place()
    {
        Apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        Apt.Install("alpha");
        Apt.Package("Sample-Security", "alpha", "1.1");
        Apt.Publish("Sample", "Sample-Security");
        await using var agent = Agent();
        var link = agent.Connect();
        await Scan(agent, link, []);
        Apt.Package("Sample", "alpha", "1.2");
        Ready("Sample", "Sample-Security");
        await Scan(agent, link, []);
        // Never installed, and not offered any more since 1.2 is.
        Assert.DoesNotContain("apt:alpha:all=1.1", Names(link.Patches.Last()));

        Apt.Install("alpha=1.2");
        await Scan(agent, link, []);
        var before = Assert.Single(link.Patches.Last().Installed, patch => patch.ExternalId == "apt:alpha:all=1.1");
        Assert.Equal(("important", "security"), (before.Severity, before.Category));

        static IEnumerable<string> Names(ReportPatches report) => report.Available.Concat(report.Installed).Select(patch => patch.ExternalId);
    }
}
