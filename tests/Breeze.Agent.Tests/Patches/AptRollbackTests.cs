using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

/// <summary>Real downgrades.</summary>
public sealed class AptRollbackTests : AptTest
{
    [AptFact]
    public async Task A_rollback_goes_back_to_what_was_there_before_even_after_a_restart_of_the_agent()
    {
        foreach (var version in new[] { "1.0", "1.5", "2.0" })
        {
            Apt.Package("Sample", "alpha", version);
            Apt.Package("Sample", "beta", version, depends: $"alpha (= {version})");
        }

        Ready("Sample");
        Apt.Install("alpha=1.0", "beta=1.0");
        await using (var agent = Agent())
        {
            await Install(agent, agent.Connect(), "apt:alpha:all=2.0", "apt:beta:all=2.0");
            Assert.Equal(["alpha 2.0 ii", "beta 2.0 ii"], Apt.Installed());
        }

        await using var again = Agent();
        var link = again.Connect();
        // The two depend on each other's exact version: one alone cannot go back.
        var alone = Assert.Single((await Change(again, link, CommandTypes.RollbackPatches, "apt:alpha:all=2.0")).Patches);
        Assert.NotEqual(PatchResultStatus.RolledBack, alone.Status);
        Assert.Equal(["alpha 2.0 ii", "beta 2.0 ii"], Apt.Installed());

        var both = await Change(again, link, CommandTypes.RollbackPatches, "apt:alpha:all=2.0", "apt:beta:all=2.0");
        Assert.Equal(ResultStatus.Completed, both.Result.Status);
        Assert.All(both.Patches, patch => Assert.Equal(PatchResultStatus.RolledBack, patch.Status));
        Assert.Equal(["alpha 1.0 ii", "beta 1.0 ii"], Apt.Installed());
        Assert.Equal("1.0", Apt.VersionOnDisk("alpha"));

        await Scan(again, link, []);
        Assert.Equal(["apt:alpha:all=2.0", "apt:beta:all=2.0"], link.Patches.Last().Available.Select(patch => patch.ExternalId).Order());
        Assert.DoesNotContain("apt:alpha:all=2.0", link.Patches.Last().Installed.Select(patch => patch.ExternalId));
    }

    [AptFact]
    public async Task A_rollback_works_although_the_archive_has_dropped_the_earlier_version()
    {
        Apt.Package("Sample", "alpha", "1:1.0");
        Ready("Sample");
        Apt.Install("alpha");
        Apt.Package("Sample", "alpha", "1:2.0");
        Ready("Sample");

        await using var agent = Agent();
        var link = agent.Connect();
        await Install(agent, link, "apt:alpha:all=1:2.0");
        File.Delete(Apt.Deb("Sample", "alpha", "1:1.0"));
        Ready("Sample");
        var back = await Change(agent, link, CommandTypes.RollbackPatches, "apt:alpha:all=1:2.0");
        Assert.Equal((PatchResultStatus.RolledBack, null), (back.Patches[0].Status, back.Patches[0].Error));
        Assert.Equal(["alpha 1:1.0 ii"], Apt.Installed());
    }

    [AptFact]
    public async Task A_rollback_that_cannot_be_gives_the_devices_own_words()
    {
        Apt.Package("Sample", "alpha", "1.0");
        Ready("Sample");
        Apt.Install("alpha");
        // Dropped before the patch is installed: nobody has it any more.
        File.Delete(Apt.Deb("Sample", "alpha", "1.0"));
        Apt.Package("Sample", "alpha", "2.0");
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
}
