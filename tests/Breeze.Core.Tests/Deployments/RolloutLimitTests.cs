using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>When failures pause a deployment, and what a resume accepts.</summary>
public sealed class RolloutLimitTests
{
    [Theory]
    [InlineData(2, null, 1, 0, false)]
    [InlineData(2, null, 2, 0, true)]
    [InlineData(2, null, 3, 0, true)]
    [InlineData(1, null, 1, 0, true)]
    [InlineData(null, 20.0, 19, 0, false)]
    [InlineData(null, 20.0, 20, 0, true)]
    [InlineData(null, 0.5, 1, 0, true)]
    [InlineData(null, 100.0, 99, 0, false)]
    [InlineData(5, 2.0, 2, 0, true)]
    [InlineData(2, 50.0, 2, 0, true)]
    [InlineData(2, null, 3, 2, false)]
    [InlineData(2, null, 4, 2, true)]
    [InlineData(null, 20.0, 39, 20, false)]
    [InlineData(null, 20.0, 40, 20, true)]
    [InlineData(null, null, 99, 0, false)]
    public void A_limit_is_reached_at_its_figure_by_final_failures_since_the_last_resume(int? count, double? percent, int failed, int accepted, bool pauses)
    {
        var plan = Staggered(failures: count, percent: (decimal?)percent);
        var state = Active(plan, Counts(pending: 1, completed: 99 - failed, failed: failed, acceptedFailures: accepted), Counts(pending: 1));

        Assert.Equal(pauses, Rollout.Next(state, T0) is RolloutStep.PauseByLimit);
        Assert.Equal(pauses, Rollout.LimitReached(state) is not null);
    }

    [Fact]
    public void A_second_failure_in_ten_pauses_at_twenty_percent()
    {
        var state = Active(Staggered(percent: 20), Counts(pending: 8, failed: 1), Counts(pending: 8)) with { Total = 10 };

        Assert.IsNotType<RolloutStep.PauseByLimit>(Rollout.Next(state, T0));
        Assert.IsType<RolloutStep.PauseByLimit>(Rollout.Next(state with { Run = Counts(pending: 8, failed: 2) }, T0));
    }

    [Theory]
    [InlineData(3, null, "3 devices failed; the limit is 3 (pauseOnFailureCount).")]
    [InlineData(null, 2.5, "3 of 100 devices failed (3 %); the limit is 2.5 % (pauseOnFailurePercent).")]
    public void The_reason_names_the_figure_and_the_limit(int? count, double? percent, string reason)
    {
        var state = Active(Staggered(failures: count, percent: (decimal?)percent), Counts(running: 97, failed: 3), Counts(running: 22, failed: 3));

        Assert.Equal(new RolloutStep.PauseByLimit(reason), Rollout.Next(state, T0));
    }

    [Fact]
    public void Devices_that_wait_for_a_retry_are_no_failures()
    {
        var state = Active(Staggered(failures: 1), Counts(pending: 30, retrying: 10, running: 70), Counts(pending: 10, retrying: 10, running: 15));

        Assert.Null(Rollout.LimitReached(state));
    }

    [Fact]
    public void A_limit_wins_over_the_next_batch()
    {
        var state = Active(Staggered(failures: 1), Counts(pending: 50, completed: 49, failed: 1), Counts(completed: 24, failed: 1)) with { NextBatchAt = T0 };

        Assert.IsType<RolloutStep.PauseByLimit>(Rollout.Next(state, T0.AddHours(1)));
    }

    [Fact]
    public void An_immediate_deployment_has_no_limits() =>
        Assert.Null(Rollout.LimitReached(Active(Immediate, Counts(running: 1, failed: 99), default)));

    [Fact]
    public void A_rollback_has_no_limits()
    {
        var state = Active(Staggered(failures: 1, percent: 1), Counts(running: 1, failed: 99), Counts(running: 1)) with { Stage = Stage.Rollback, IsRollback = true };

        Assert.Null(Rollout.LimitReached(state));
    }

    [Fact]
    public void An_automatic_pause_waits_for_an_operator_and_then_fails()
    {
        var state = Active(Staggered(failures: 1), Counts(pending: 98, failed: 2), Counts(pending: 23, failed: 2)) with
        {
            Stage = Stage.Paused,
            PausedByLimitAt = T0,
        };

        Assert.Equal(new RolloutStep.Wait(T0.AddDays(7)), Rollout.Next(state, T0.AddDays(7).AddMilliseconds(-1)));
        Assert.Equal(new RolloutStep.Abandon(), Rollout.Next(state, T0.AddDays(7)));
    }

    [Fact]
    public void An_operators_pause_waits_for_ever()
    {
        var state = Active(Staggered(failures: 1), Counts(pending: 98, failed: 2), Counts(pending: 23, failed: 2)) with { Stage = Stage.Paused };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0.AddYears(3)));
    }
}
