using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Batches and their gates: section 2 of the contract, sentence by sentence. Limits and ends are in the files beside.</summary>
public sealed class RolloutTests
{
    private static readonly Totals Midway = Counts(pending: 70, running: 5, completed: 25);
    private static readonly Totals BatchDone = Counts(pending: 50, completed: 50);

    [Fact]
    public void The_first_batch_opens_at_once()
    {
        var state = Active(Staggered(), Counts(pending: 100), default) with { CurrentBatch = 0, BatchDispatchedAt = null };

        Assert.Equal(new RolloutStep.OpenBatch(1), Rollout.Next(state, T0));
    }

    [Theory]
    [InlineData(Stage.Draft)]
    [InlineData(Stage.Pending)]
    [InlineData(Stage.Paused)]
    public void Nothing_opens_while_it_is_not_going_on(Stage stage)
    {
        var state = Active(Staggered(), Counts(pending: 100), default) with { Stage = stage, CurrentBatch = 0, BatchDispatchedAt = null };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0));
    }

    [Fact]
    public void A_device_with_retries_left_keeps_its_batch_open()
    {
        var state = Active(Staggered(), Counts(pending: 51, retrying: 1, completed: 49), Counts(pending: 1, retrying: 1, completed: 24));

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0.AddDays(3)));
    }

    [Fact]
    public void The_delay_runs_from_the_end_of_the_batch()
    {
        var state = Active(Staggered(delayMinutes: 30), BatchDone, Counts(completed: 25));

        Assert.Equal(new RolloutStep.ScheduleBatch(T0.AddHours(2).AddMinutes(30)), Rollout.Next(state, T0.AddHours(2)));
    }

    [Fact]
    public void The_next_batch_opens_when_it_is_due_and_not_before()
    {
        var due = T0.AddHours(1);
        var state = Active(Staggered(), BatchDone, Counts(completed: 25)) with { NextBatchAt = due };

        Assert.Equal(new RolloutStep.Wait(due), Rollout.Next(state, due.AddMilliseconds(-1)));
        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state, due));
    }

    [Fact]
    public void Without_a_delay_the_next_batch_opens_as_soon_as_one_is_finished() =>
        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(Active(Staggered(delayMinutes: 0), BatchDone, Counts(completed: 25)), T0));

    [Fact]
    public void A_batch_of_which_all_were_skipped_is_finished() =>
        Assert.Equal(
            new RolloutStep.OpenBatch(3),
            Rollout.Next(Active(Staggered(delayMinutes: 0), Counts(pending: 50, completed: 25, skipped: 25), Counts(skipped: 25)), T0));

    [Fact]
    public void After_the_last_batch_it_waits_for_records()
    {
        var state = Active(Staggered(), Counts(running: 3, completed: 97), Counts(running: 3, completed: 22)) with { CurrentBatch = 4 };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0));
    }

    [Fact]
    public void An_immediate_deployment_has_one_batch()
    {
        var state = Active(Immediate, Counts(pending: 40, running: 60), Counts(pending: 40, running: 60)) with { TotalBatches = 1, CurrentBatch = 1 };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state, T0.AddYears(1)));
    }

    [Fact]
    public void With_a_timer_gate_the_delay_runs_from_the_dispatch()
    {
        var state = Active(Staggered(gate: BatchGate.Timer), Midway, Counts(pending: 20, running: 5));
        var due = T0.AddMinutes(30);

        Assert.Equal(new RolloutStep.ScheduleBatch(due), Rollout.Next(state, T0));
        Assert.Equal(new RolloutStep.Wait(due), Rollout.Next(state with { NextBatchAt = due }, due.AddMilliseconds(-1)));
        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state with { NextBatchAt = due }, due));
    }

    [Fact]
    public void With_a_timer_gate_a_finished_batch_does_not_wait_for_the_timer()
    {
        var state = Active(Staggered(gate: BatchGate.Timer), BatchDone, Counts(completed: 25)) with { NextBatchAt = T0.AddMinutes(30) };

        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state, T0.AddMinutes(1)));
    }

    [Fact]
    public void A_manual_retry_closes_no_gate_that_was_passed()
    {
        // The batch was finished, the next one scheduled; then an operator retried one of its devices, which is running again.
        var state = Active(Staggered(), Counts(pending: 50, running: 1, completed: 49), Counts(running: 1, completed: 24)) with { NextBatchAt = T0.AddMinutes(30) };

        Assert.Equal(new RolloutStep.Wait(T0.AddMinutes(30)), Rollout.Next(state, T0));
        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state, T0.AddMinutes(30)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(60)]
    public void The_delay_of_a_batch_that_finishes_during_a_pause_runs_on(int? pausedByLimitForMinutes)
    {
        var state = Active(Staggered(delayMinutes: 30), BatchDone, Counts(completed: 25)) with
        {
            Stage = Stage.Paused,
            PausedByLimitAt = pausedByLimitForMinutes is { } minutes ? T0.AddMinutes(-minutes) : null,
        };

        Assert.Equal(new RolloutStep.ScheduleBatch(T0.AddMinutes(30)), Rollout.Next(state, T0));
    }

    [Fact]
    public void What_falls_due_during_a_pause_waits_for_the_resume()
    {
        var paused = Active(Staggered(), BatchDone, Counts(completed: 25)) with { Stage = Stage.Paused, NextBatchAt = T0 };

        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(paused, T0.AddHours(5)));
        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(paused with { Stage = Stage.Active }, T0.AddHours(5)));
    }

    [Fact]
    public void A_rollback_opens_its_batches_without_delay()
    {
        var state = Active(Staggered(delayMinutes: 30, gate: BatchGate.Timer), BatchDone, Counts(completed: 25)) with { Stage = Stage.Rollback, IsRollback = true };

        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state, T0));
        Assert.Equal(new RolloutStep.Wait(null), Rollout.Next(state with { Batch = Counts(running: 1, completed: 24) }, T0.AddDays(1)));
    }

    [Fact]
    public void A_rollback_passes_batches_in_which_nothing_had_completed()
    {
        var state = Active(Staggered(), Counts(pending: 10, completed: 5), default) with { Stage = Stage.Rollback, IsRollback = true, Total = 15 };

        Assert.Equal(new RolloutStep.OpenBatch(3), Rollout.Next(state, T0));
    }
}
