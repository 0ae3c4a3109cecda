using Breeze.Core.Deployments;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Starting points of the tables: a plan, a rollout in the middle of its second of four batches.</summary>
internal static class Given
{
    public static readonly DateTimeOffset T0 = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static readonly RolloutPlan Immediate = new();

    public static RolloutPlan Staggered(
        int batchSize = 25,
        int delayMinutes = 30,
        BatchGate gate = BatchGate.Completion,
        int? failures = null,
        decimal? percent = null,
        int maxRetries = 0) => new()
        {
            MaxRetries = maxRetries,
            Staggered = new StaggeredPlan
            {
                BatchSize = new BatchSize(batchSize, null),
                Delay = TimeSpan.FromMinutes(delayMinutes),
                Gate = gate,
                FailureCountLimit = failures,
                FailurePercentLimit = percent,
            },
        };

    /// <summary>Batch 2 of 4, all of 100 devices; the first batch has completed and the rest is as the arguments say.</summary>
    public static RolloutState Active(RolloutPlan plan, Totals run, Totals batch) => new(
        Stage.Active, plan, IsRollback: false, Total: 100, TotalBatches: 4, CurrentBatch: 2, BatchDispatchedAt: T0,
        NextBatchAt: null, PausedByLimitAt: null, run, batch);

    public static Totals Counts(
        int pending = 0, int retrying = 0, int running = 0, int accepted = 0, int completed = 0, int failed = 0, int skipped = 0, int acceptedFailures = 0) =>
        new(pending, retrying, running, accepted, completed, failed, skipped, acceptedFailures);
}
