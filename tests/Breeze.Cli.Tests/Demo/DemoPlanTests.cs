using Breeze.Cli.Demo;
using Breeze.Fleet.Behaviour;

namespace Breeze.Cli.Tests.Demo;

public sealed class DemoPlanTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(60)]
    [InlineData(200)]
    [InlineData(999)]
    [InlineData(5000)]
    public void Everything_that_waits_for_a_retry_is_in_the_second_batch(int devices)
    {
        var behaviour = DemoPlan.Behaviour(devices);
        // The real agent makes one more device, which may stand before or behind the simulated ones.
        var batch = (devices + 1 + DemoPlan.Batches - 1) / DemoPlan.Batches;

        foreach (var (device, _) in behaviour.Scripted.Where(scripted => scripted.Value[0] == OutcomeKind.Failed))
        {
            Assert.InRange(device, batch, (2 * batch) - 2);
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(200)]
    [InlineData(5000)]
    public void Some_complete_after_a_retry_some_fail_for_good_and_all_of_them_are_online(int devices)
    {
        var behaviour = DemoPlan.Behaviour(devices);
        var scripts = behaviour.Scripted.Values;

        Assert.Contains(scripts, script => script.SequenceEqual([OutcomeKind.Failed, OutcomeKind.Completed]));
        Assert.Contains(scripts, script => script.SequenceEqual([OutcomeKind.Failed]));
        Assert.Contains(scripts, script => script.SequenceEqual([OutcomeKind.Rejected]));
        Assert.Contains(scripts, script => script.SequenceEqual([OutcomeKind.Interrupted]));
        Assert.DoesNotContain(behaviour.Scripted.Keys, behaviour.IsOffline);
        // Below the limit at which the demo's deployment pauses.
        Assert.True(scripts.Count(script => script[^1] != OutcomeKind.Completed) * 100 < devices * 20);
    }
}
