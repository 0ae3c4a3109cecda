using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>How a deployment ends, and when it is judged again.</summary>
public sealed class RolloutEndTests
{
    [Theory]
    [InlineData(100, 0, 0, 0, true, "all completed")]
    [InlineData(1, 99, 0, 0, true, "one completed and no limit is set")]
    [InlineData(0, 100, 0, 0, false, "devices ran and none completed")]
    [InlineData(0, 1, 99, 0, false, "one ran and it failed")]
    [InlineData(0, 0, 100, 0, true, "none ran")]
    [InlineData(0, 100, 0, 100, false, "none completed, whatever was accepted")]
    public void Without_limits_it_fails_only_when_devices_ran_and_none_completed(int completed, int failed, int skipped, int accepted, bool success, string why)
    {
        var state = Active(Immediate, Counts(completed: completed, failed: failed, skipped: skipped, acceptedFailures: accepted), default);

        Assert.True(new RolloutStep.End(success).Equals(Rollout.Next(state, T0)), why);
    }

    [Theory]
    [InlineData(9, 0, true)]
    [InlineData(10, 0, false)]
    [InlineData(10, 1, true)]
    [InlineData(30, 20, false)]
    public void It_fails_when_failures_that_no_resume_accepted_reach_a_limit(int failed, int accepted, bool success)
    {
        var state = Active(Staggered(failures: 10), Counts(completed: 100 - failed, failed: failed, acceptedFailures: accepted), default);

        Assert.Equal(new RolloutStep.End(success), Rollout.Next(state, T0));
    }

    [Theory]
    [InlineData(Stage.Active)]
    [InlineData(Stage.Paused)]
    public void The_end_wins_over_pausing(Stage stage)
    {
        var state = Active(Staggered(failures: 1), Counts(completed: 99, failed: 1), default) with { Stage = stage, PausedByLimitAt = T0 };

        Assert.Equal(new RolloutStep.End(false), Rollout.Next(state, T0));
    }

    [Fact]
    public void It_ends_whatever_batch_was_opened_last() =>
        Assert.Equal(new RolloutStep.End(true), Rollout.Next(Active(Staggered(), Counts(completed: 40, skipped: 60), Counts(completed: 25)), T0));

    [Theory]
    [InlineData(99, 1, true)]
    [InlineData(0, 100, false)]
    public void A_rollback_ends_without_limits(int completed, int failed, bool success)
    {
        var state = Active(Staggered(failures: 1, percent: 1), Counts(completed: completed, failed: failed), default) with { Stage = Stage.Rollback, IsRollback = true };

        Assert.Equal(new RolloutStep.End(success), Rollout.Next(state, T0));
    }

    [Fact]
    public void A_manual_retry_that_ended_makes_it_be_judged_again()
    {
        var failed = Active(Staggered(failures: 2), Counts(completed: 98, failed: 2), default) with { Stage = Stage.Failed };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(failed, T0));
        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(failed with { Run = Counts(running: 1, completed: 98, failed: 1) }, T0));
        Assert.Equal(new RolloutStep.End(true), Rollout.Next(failed with { Run = Counts(completed: 99, failed: 1) }, T0));
    }

    [Fact]
    public void A_completed_one_fails_when_a_skipped_device_that_was_retried_reaches_the_limit()
    {
        var completed = Active(Staggered(failures: 2), Counts(completed: 98, failed: 2), default) with { Stage = Stage.Completed };

        Assert.Equal(new RolloutStep.End(false), Rollout.Next(completed, T0));
    }

    [Fact]
    public void What_is_judged_as_before_stays()
    {
        var completed = Active(Staggered(failures: 3), Counts(completed: 98, failed: 2), default) with { Stage = Stage.Completed };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(completed, T0));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(0, 100)]
    public void Nothing_revives_a_cancelled_deployment(int completed, int failed)
    {
        var state = Active(Staggered(), Counts(completed: completed, failed: failed), default) with { Stage = Stage.Cancelled };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0));
    }

    [Fact]
    public void An_abandoned_deployment_stays_failed()
    {
        // While it was paused a manual retry brought its failures below the limit; nobody resumed it, and that is why it failed.
        var state = Active(Staggered(failures: 2), Counts(completed: 50, failed: 1, skipped: 49), default) with { Stage = Stage.Failed, IsClosed = true };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0));
    }
}
