using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>What people are shown of one batch, derived from its counts and from where its run stands.</summary>
public static class BatchDisplay
{
    /// <param name="isDispatched">The batch was opened.</param>
    /// <param name="batch">Its counts, as they are shown.</param>
    /// <param name="nextAt">When the batch after it is due; null when that is not known, or there is none.</param>
    public static BatchStatus Status(bool isDispatched, Totals batch, DateTimeOffset? nextAt, DateTimeOffset now) =>
        batch.Open > 0 ? isDispatched ? BatchStatus.Running : BatchStatus.Waiting

        // A rollback may have nothing to do in a batch, and comes to it in its turn all the same.
        : batch.All == 0 && !isDispatched ? BatchStatus.Waiting
        : nextAt > now ? BatchStatus.Soaking
        : batch.Failed > 0 ? BatchStatus.Failed
        : BatchStatus.Done;
}
