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
/// <param name="IsStrict">One failed device makes it failed, as patch jobs and their rollbacks have it.</param>
/// <param name="IsClosed">The run was cancelled or abandoned: how it ended stands, whatever its last devices report.</param>
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
    Totals Batch,
    bool IsClosed = false,
    bool IsStrict = false);

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

        if (state.Stage == Stage.Paused)
        {
            return Paused(state, now);
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
        state.IsStrict ? state.Run.Failed == 0 : LimitReached(state) is null && !(state.Run.Failed > 0 && state.Run.Completed == 0);

    private static RolloutStep JudgeAgain(RolloutState state)
    {
        if (state.IsClosed || state.Stage == Stage.Cancelled || state.Run.Open > 0)
        {
            return new RolloutStep.Wait(null);
        }

        var completed = IsSuccess(state);
        return completed == (state.Stage == Stage.Completed) ? new RolloutStep.Wait(null) : new RolloutStep.End(completed);
    }

    private static RolloutStep Paused(RolloutState state, DateTimeOffset now)
    {
        // The delay's clock runs on (contract, section 2): after a resume the next batch starts when it was due, or now.
        if (state is { CurrentBatch: > 0, NextBatchAt: null } && state.CurrentBatch < state.TotalBatches && DueAfter(state, now) is { } due)
        {
            return new RolloutStep.ScheduleBatch(due);
        }

        if (state.PausedByLimitAt is not { } pausedAt)
        {
            return new RolloutStep.Wait(null);
        }

        var deadline = pausedAt + state.Plan.Staggered!.AutoPauseTimeout;
        return now >= deadline ? new RolloutStep.Abandon() : new RolloutStep.Wait(deadline);
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

        var next = new RolloutStep.OpenBatch(state.CurrentBatch + 1);
        if (state.NextBatchAt is not { } at)
        {
            return DueAfter(state, now) is not { } due ? new RolloutStep.Wait(null)
                : due <= now ? next
                : new RolloutStep.ScheduleBatch(due);
        }

        // Once known, the instant stands: a manual retry in a finished batch does not close its gate again.
        return now >= at || (Gate(state) == BatchGate.Timer && state.Batch.Open == 0) ? next : new RolloutStep.Wait(at);
    }

    /// <summary>When the batch after the current one is due; null while that is not known.</summary>
    private static DateTimeOffset? DueAfter(RolloutState state, DateTimeOffset now)
    {
        var delay = state.IsRollback ? TimeSpan.Zero : state.Plan.Staggered?.Delay ?? TimeSpan.Zero;
        var isFinished = state.Batch.Open == 0;
        return Gate(state) == BatchGate.Timer
            ? isFinished ? now : (state.BatchDispatchedAt ?? now) + delay
            : isFinished ? now + delay : null;
    }

    private static BatchGate Gate(RolloutState state) =>
        state.IsRollback ? BatchGate.Completion : state.Plan.Staggered?.Gate ?? BatchGate.Completion;
}
