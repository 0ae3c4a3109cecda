using System.Globalization;

namespace Breeze.Core.Deployments;

/// <summary>All a decision about a whole deployment needs; read from its rows.</summary>
/// <param name="Stage">Where it stands.</param>
/// <param name="Plan">How it is to be rolled out.</param>
/// <param name="IsRollback">The run is a rollback: same batches, no delay, no limits.</param>
/// <param name="Total">All targets of the run.</param>
/// <param name="TotalBatches">≥ 1.</param>
/// <param name="CurrentBatch">The latest batch opened; 0 before the first.</param>
/// <param name="BatchDispatchedAt">When it was opened.</param>
/// <param name="NextBatchAt">When the next is due, once that is known.</param>
/// <param name="PausedByLimitAt">When a limit paused it; null unless it is paused by one.</param>
/// <param name="Run">Counts of the whole run.</param>
/// <param name="Batch">Counts of the current batch.</param>
public sealed record RolloutState(
    Stage Stage,
    RolloutPlan Plan,
    bool IsRollback,
    int Total,
    int TotalBatches,
    int CurrentBatch,
    DateTimeOffset? BatchDispatchedAt,
    DateTimeOffset? NextBatchAt,
    DateTimeOffset? PausedByLimitAt,
    Totals Run,
    Totals Batch);

/// <summary>What should happen to a deployment next.</summary>
public abstract record RolloutStep
{
    /// <summary>Nothing before a record changes, an operator acts, or the instant given comes.</summary>
    public sealed record Wait(DateTimeOffset? Until) : RolloutStep;

    /// <summary>Open this batch: its devices may be dispatched.</summary>
    public sealed record OpenBatch(int Number) : RolloutStep;

    /// <summary>The current batch is finished: the next is due at this instant.</summary>
    public sealed record ScheduleBatch(DateTimeOffset At) : RolloutStep;

    /// <summary>A failure limit is reached: pause.</summary>
    public sealed record PauseByLimit(string Reason) : RolloutStep;

    /// <summary>Nobody came for an automatic pause: fail, and skip what is pending.</summary>
    public sealed record Abandon : RolloutStep;

    /// <summary>Every record is terminal.</summary>
    public sealed record End(bool Completed) : RolloutStep;
}

/// <summary>Decides what a deployment does next. Pure: it is given the clock, and it never does anything.</summary>
public static class Rollout
{
    /// <summary>The one next step. Asked again after each step and each change, so that no step is ever lost: they follow from the rows.</summary>
    public static RolloutStep Next(RolloutState state, DateTimeOffset now)
    {
        var goesOn = Lifecycle.Sends(state.Stage);
        if ((goesOn || state.Stage == Stage.Paused) && state.Run.Open == 0)
        {
            // This wins over pausing (contract, section 2).
            return new RolloutStep.End(IsSuccess(state));
        }

        if (Lifecycle.HasEnded(state.Stage))
        {
            return JudgeAgain(state);
        }

        if (state is { Stage: Stage.Paused, PausedByLimitAt: { } pausedAt })
        {
            var deadline = pausedAt + state.Plan.Staggered!.AutoPauseTimeout;
            return now >= deadline ? new RolloutStep.Abandon() : new RolloutStep.Wait(deadline);
        }

        if (!goesOn)
        {
            return new RolloutStep.Wait(null);
        }

        if (LimitReached(state) is { } reason)
        {
            return new RolloutStep.PauseByLimit(reason);
        }

        return NextBatch(state, now);
    }

    /// <summary>The sentence that names the figure and the limit, or null while failures since the last resume are below every limit.</summary>
    public static string? LimitReached(RolloutState state)
    {
        if (state.IsRollback || state.Plan.Staggered is not { } staggered)
        {
            return null;
        }

        var failures = state.Run.Failed - state.Run.AcceptedFailures;
        if (staggered.FailureCountLimit is { } limit && failures >= limit)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{failures} devices failed; the limit is {limit} (pauseOnFailureCount).");
        }

        if (staggered.FailurePercentLimit is { } percent && failures > 0 && failures * 100m >= percent * state.Total)
        {
            var share = Math.Round(failures * 100m / state.Total, 1, MidpointRounding.AwayFromZero);
            return string.Create(CultureInfo.InvariantCulture, $"{failures} of {state.Total} devices failed ({share:0.#} %); the limit is {percent:0.###} % (pauseOnFailurePercent).");
        }

        return null;
    }

    private static bool IsSuccess(RolloutState state) =>
        LimitReached(state) is null && !(state.Run.Failed > 0 && state.Run.Completed == 0);

    private static RolloutStep JudgeAgain(RolloutState state)
    {
        if (state.Stage == Stage.Cancelled || state.Run.Open > 0)
        {
            return new RolloutStep.Wait(null);
        }

        var completed = IsSuccess(state);
        return completed == (state.Stage == Stage.Completed) ? new RolloutStep.Wait(null) : new RolloutStep.End(completed);
    }

    private static RolloutStep NextBatch(RolloutState state, DateTimeOffset now)
    {
        if (state.CurrentBatch == 0)
        {
            return new RolloutStep.OpenBatch(1);
        }

        if (state.CurrentBatch >= state.TotalBatches)
        {
            return new RolloutStep.Wait(null);
        }

        // Once known, the instant stands: a manual retry in a finished batch does not close its gate again.
        if (state.NextBatchAt is { } due && now >= due)
        {
            return new RolloutStep.OpenBatch(state.CurrentBatch + 1);
        }

        var finished = state.Batch.Open == 0;
        var delay = state.IsRollback ? TimeSpan.Zero : state.Plan.Staggered?.Delay ?? TimeSpan.Zero;
        if (state.Plan.Staggered?.Gate == BatchGate.Timer && !state.IsRollback)
        {
            if (finished)
            {
                return new RolloutStep.OpenBatch(state.CurrentBatch + 1);
            }

            return state.NextBatchAt is { } timer
                ? new RolloutStep.Wait(timer)
                : new RolloutStep.ScheduleBatch((state.BatchDispatchedAt ?? now) + delay);
        }

        if (state.NextBatchAt is { } at)
        {
            return new RolloutStep.Wait(at);
        }

        if (!finished)
        {
            return new RolloutStep.Wait(null);
        }

        return delay == TimeSpan.Zero ? new RolloutStep.OpenBatch(state.CurrentBatch + 1) : new RolloutStep.ScheduleBatch(now + delay);
    }
}
