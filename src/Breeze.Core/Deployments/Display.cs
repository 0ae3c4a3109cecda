using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>What people are shown of a deployment, derived from its stage and counts.</summary>
public static class Display
{
    /// <summary>Active shows as installing when a device installs, else downloading when one is in flight, else running.</summary>
    public static DeploymentStatus Status(Stage stage, Totals totals, bool hasOpenedABatch) => stage switch
    {
        Stage.Draft => DeploymentStatus.Draft,
        Stage.Pending => DeploymentStatus.Pending,
        Stage.Paused => DeploymentStatus.Paused,
        Stage.Completed => DeploymentStatus.Completed,
        Stage.Failed => DeploymentStatus.Failed,
        Stage.Cancelled => DeploymentStatus.Cancelled,
        Stage.Rollback => DeploymentStatus.Rollback,
        _ when totals.Accepted > 0 => DeploymentStatus.Installing,

        // Right after start nothing is in flight yet, and the contract shows downloading; a backoff is running.
        _ when totals.Running > 0 || !hasOpenedABatch || totals.Pending - totals.Retrying == totals.All => DeploymentStatus.Downloading,
        _ => DeploymentStatus.Running,
    };

    /// <summary>The stages a documented state may stand for; empty for an unknown word.</summary>
    public static IReadOnlyList<Stage> StagesOf(string status) => status switch
    {
        "draft" => [Stage.Draft],
        "pending" => [Stage.Pending],
        "active" or "running" or "downloading" or "installing" => [Stage.Active],
        "paused" => [Stage.Paused],
        "completed" => [Stage.Completed],
        "failed" => [Stage.Failed],
        "cancelled" => [Stage.Cancelled],
        "rollback" => [Stage.Rollback],
        _ => [],
    };

    /// <summary>When it may end: the records left at the rate so far. Null before the first has ended, and unless it is going on.</summary>
    public static DateTimeOffset? Eta(Stage stage, Totals totals, DateTimeOffset? startedAt, DateTimeOffset now)
    {
        var ended = totals.Completed + totals.Failed + totals.Skipped;
        if (!Lifecycle.Sends(stage) || startedAt is not { } start || ended == 0 || totals.Open == 0)
        {
            return null;
        }

        var perRecord = (now - start).Ticks / (double)ended;
        var left = perRecord * totals.Open;

        // A rate from the first few records can promise centuries; more than ten years is as good as unknown.
        return left > TimeSpan.FromDays(3650).Ticks ? null : now + TimeSpan.FromTicks((long)left);
    }
}
