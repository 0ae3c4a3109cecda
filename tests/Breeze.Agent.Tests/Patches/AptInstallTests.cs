using System.Text.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

/// <summary>Real installs and real failures.</summary>
public sealed class AptInstallTests : AptTest
{
    [AptFact]
    public async Task A_failing_maintainer_script_fails_its_patch_with_its_own_words_and_no_other()
    {
        foreach (var name in new[] { "before", "broken", "later" })
        {
            Apt.Package("Sample", name, "1.0");
        }

        Ready("Sample");
        Apt.Install("before", "broken", "later");
        Apt.Package("Sample", "before", "2.0");
        Apt.Package("Sample", "broken", "2.0", postinst: "echo the flux capacitor is missing >&2; exit 3");
        Apt.Package("Sample", "later", "2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var result = await Install(agent, link, "apt:before:all=2.0", "apt:broken:all=2.0", "apt:later:all=2.0");
        Assert.Equal((ResultStatus.Failed, "1 of 3 patches failed."), (result.Result.Status, result.Result.Error));
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Installed], result.Patches.Select(patch => patch.Status));
        Assert.Contains("the flux capacitor is missing", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Contains("exit status 3", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Equal(["before 2.0 ii", "broken 2.0 iF", "later 2.0 ii"], Apt.Installed());

        // It is not in place, so it is still on offer, and can be taken back like any other.
        await Scan(agent, link, []);
        Assert.Equal(["apt:broken:all=2.0"], link.Patches.Last().Available.Select(patch => patch.ExternalId));
        Assert.DoesNotContain("apt:broken:all=2.0", link.Patches.Last().Installed.Select(patch => patch.ExternalId));
        Assert.Equal(PatchResultStatus.RolledBack, Assert.Single((await Change(agent, link, CommandTypes.RollbackPatches, "apt:broken:all=2.0")).Patches).Status);
        Assert.Equal(["before 2.0 ii", "broken 1.0 ii", "later 2.0 ii"], Apt.Installed());
    }

    [AptFact]
    public async Task An_install_that_a_power_cut_left_half_way_is_finished_first()
    {
        Apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        Apt.Install("alpha");
        Apt.Package("Sample", "alpha", "2.0");
        Ready("Sample");
        // dpkg's own journal of a change that it had not put into its list yet.
        var status = await File.ReadAllTextAsync(Path.Combine(Apt.Root, "var/lib/dpkg/status"));
        await File.WriteAllTextAsync(Path.Combine(Apt.Root, "var/lib/dpkg/updates/0001"), status.Replace("ok installed", "ok unpacked", StringComparison.Ordinal));

        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), "apt:alpha:all=2.0");
        Assert.Equal((PatchResultStatus.Installed, null), (result.Patches[0].Status, result.Patches[0].Error));
        Assert.Equal(["alpha 2.0 ii"], Apt.Installed());
    }

    [AptFact]
    public async Task A_patch_that_would_change_a_package_nobody_named_is_skipped()
    {
        Apt.Package("Sample", "tool", "1.0", depends: "library (>= 1.0)");
        Apt.Package("Sample", "library", "1.0");
        Ready("Sample");
        Apt.Install("tool");
        Apt.Package("Sample", "tool", "2.0", depends: "library (>= 2.0), helper");
        Apt.Package("Sample", "library", "2.0");
        Apt.Package("Sample", "helper", "1.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var alone = Assert.Single((await Install(agent, link, "apt:tool:all=2.0")).Patches);
        Assert.Equal(PatchResultStatus.Skipped, alone.Status);
        Assert.Contains("library 2.0", alone.Error, StringComparison.Ordinal);
        Assert.Equal(["library 1.0 ii", "tool 1.0 ii"], Apt.Installed());

        // Both named, it may; a package that was not there before is nobody's patch.
        var both = await Install(agent, link, "apt:tool:all=2.0", "apt:library:all=2.0");
        Assert.All(both.Patches, patch => Assert.Equal(PatchResultStatus.Installed, patch.Status));
        Assert.Equal(["helper 1.0 ii", "library 2.0 ii", "tool 2.0 ii"], Apt.Installed());
    }

    [AptFact]
    public async Task What_cannot_be_installed_says_why_and_what_is_in_place_already_is_installed()
    {
        Apt.Package("Sample", "alpha", "1.0");
        Apt.Package("Sample", "alpha", "2.0");
        Apt.Package("Sample", "stranger", "1.0");
        Ready("Sample");
        Apt.Install("alpha=2.0");

        await using var agent = Agent();
        var result = await Install(
            agent, agent.Connect(), "apt:alpha:all=1.0", "apt:alpha:all=9.0", "apt:stranger:all=1.0", "apt:alpha:all=--allow", "rpm:alpha:x86_64=1-1", "apt:../../x:all=1");
        Assert.Equal(
            [PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Skipped, PatchResultStatus.Failed, PatchResultStatus.Failed, PatchResultStatus.Failed],
            result.Patches.Select(patch => patch.Status));
        Assert.Contains("was not found", result.Patches[1].Error, StringComparison.Ordinal);
        Assert.Equal("stranger is not installed on this device.", result.Patches[2].Error);
        Assert.Equal(["alpha 2.0 ii"], Apt.Installed());
    }

    [AptFact]
    public async Task A_cancelled_command_finishes_the_patch_it_is_at_and_begins_no_further()
    {
        var marker = Path.Combine(Apt.Root, "started");
        foreach (var name in new[] { "slow", "next" })
        {
            Apt.Package("Sample", name, "1.0");
        }

        Ready("Sample");
        Apt.Install("slow", "next");
        // Named at one version each: a package that does not exist in it keeps the two from being tried in one go.
        Apt.Package("Sample", "slow", "2.0", postinst: $"touch {marker}; sleep 2");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        var command = Signer.Sign(CommandTypes.InstallPatches, Payload("apt:slow:all=2.0", "apt:next:all=2.0"));
        agent.Receive(command);
        await Wait.Until(() => File.Exists(marker), "the maintainer script to start");
        agent.Cancel(command.Id);
        var result = await link.NextResult();
        var patches = result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results;
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Skipped], patches.Select(patch => patch.Status));
        Assert.Equal(["next 1.0 ii", "slow 2.0 ii"], Apt.Installed());
    }
}
