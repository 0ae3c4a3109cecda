using System.Text.Json;

namespace Breeze.Contracts.Deployments;

/// <summary>A deployment's state as it is shown. <c>downloading</c>, <c>installing</c> and <c>running</c> are an active deployment's, derived.</summary>
public enum DeploymentStatus
{
    Draft = 1,
    Pending,
    Running,
    Paused,
    Downloading,
    Installing,
    Completed,
    Failed,
    Cancelled,
    Rollback,
}

/// <summary>A deployment, as every answer shows it.</summary>
public record Deployment
{
    public required Guid Id { get; init; }

    public required Guid OrgId { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    public required JsonElement Payload { get; init; }

    public required string TargetType { get; init; }

    public required TargetConfig TargetConfig { get; init; }

    /// <summary>With every default filled in.</summary>
    public required RolloutConfig RolloutConfig { get; init; }

    public required DeploymentStatus Status { get; init; }

    /// <summary>Why it is paused: who paused it, or the figure and the limit; null unless paused.</summary>
    public string? PausedReason { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Null for a draft.</summary>
    public Progress? Progress { get; init; }

    /// <summary><c>rollout</c>, or <c>rollback</c> for one that is or was rolled back: what <see cref="Progress"/> is of.</summary>
    public string Run { get; init; } = "rollout";

    /// <summary>What applies to its state now: edit, delete, initialize, start, pause, resume, cancel, rollback, retry. Whether a key may is another question.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];
}

/// <summary>Counts of device records; pending + running + completed + failed + skipped = total at every look.</summary>
public sealed record Progress
{
    public required int Total { get; init; }

    public required int Pending { get; init; }

    public required int Running { get; init; }

    public required int Completed { get; init; }

    public required int Failed { get; init; }

    public required int Skipped { get; init; }

    /// <summary>Of <see cref="Pending"/>: those that wait for another attempt.</summary>
    public required int Retrying { get; init; }

    /// <summary>The latest batch dispatched, from 1; null for an immediate deployment and before the first.</summary>
    public int? CurrentBatch { get; init; }

    /// <summary>Null for an immediate deployment.</summary>
    public int? TotalBatches { get; init; }

    /// <summary>(completed + failed) / total × 100, rounded half away from zero.</summary>
    public required int PercentComplete { get; init; }

    /// <summary>When the next batch is due; null when it is not known yet, or there is none.</summary>
    public DateTimeOffset? NextBatchAt { get; init; }

    /// <summary>When it may end at the rate so far; null when unknown or paused.</summary>
    public DateTimeOffset? EtaAt { get; init; }
}

public sealed record BatchPreview(int BatchNumber, int DeviceCount);

public sealed record ExcludedDevice(Guid DeviceId, string Reason);

/// <summary>A deployment as <c>initialize</c> answers it: with what its targets came to.</summary>
public sealed record InitializedDeployment : Deployment
{
    public required int DeviceCount { get; init; }

    public required int TotalBatches { get; init; }

    /// <summary>The first 10,000 batches.</summary>
    public required IReadOnlyList<BatchPreview> Batches { get; init; }

    /// <summary>The first 100 devices that were named and are not among the targets.</summary>
    public required IReadOnlyList<ExcludedDevice> Excluded { get; init; }

    public required int ExcludedCount { get; init; }

    public required int OfflineCount { get; init; }

    /// <summary>Targets outside their maintenance window right now; 0 when windows are not respected.</summary>
    public required int OutsideWindowCount { get; init; }
}
