namespace Breeze.Contracts.Deployments;

public enum DeviceRecordStatus
{
    Pending = 1,
    Running,
    Completed,
    Failed,
    Skipped,
}

public enum DevicePhase
{
    Downloading = 1,
    Installing,
}

public enum FailureKind
{
    ExitCode = 1,
    Timeout,
    Rejected,
    Interrupted,
    Unreachable,
    AgentError,
}

public enum SkipReason
{
    Offline = 1,
    OutsideMaintenanceWindow,
    NoMaintenanceWindow,
    Cancelled,
    Abandoned,
    RolledBack,
    NotApproved,
    Decommissioned,

    /// <summary>It is not for this device: approved patches that it does not need, or a package of another operating system.</summary>
    NotApplicable,
}

/// <summary>One device of a deployment.</summary>
public sealed record DeviceRecord
{
    public required Guid Id { get; init; }

    public required Guid DeploymentId { get; init; }

    public required Guid DeviceId { get; init; }

    public required string DeviceHostname { get; init; }

    public string? DeviceDisplayName { get; init; }

    /// <summary>From 1; 1 for every device of an immediate deployment.</summary>
    public required int BatchNumber { get; init; }

    public required DeviceRecordStatus Status { get; init; }

    /// <summary>Only while running.</summary>
    public DevicePhase? Phase { get; init; }

    /// <summary>Retries sent so far, automatic and manual.</summary>
    public required int RetryCount { get; init; }

    public required int MaxRetries { get; init; }

    /// <summary>When the next attempt is due; null when none is.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public FailureKind? FailureKind { get; init; }

    public SkipReason? SkipReason { get; init; }

    /// <summary>Of the last attempt that ended; null before.</summary>
    public AttemptResult? Result { get; init; }

    /// <summary>Every attempt, oldest first; only in <c>GET /deployments/:id/devices/:deviceId</c>, else null.</summary>
    public IReadOnlyList<Attempt>? Attempts { get; init; }
}

/// <summary>What the device reported, or what was concluded when it did not.</summary>
public sealed record AttemptResult
{
    public required bool Success { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>At most 64 KiB; a cut is marked in the text.</summary>
    public string? Output { get; init; }

    public string? Error { get; init; }

    public long? DurationMs { get; init; }

    /// <summary>Patch by patch, with those that were asked for and left out; null where no patches were meant.</summary>
    public IReadOnlyList<AttemptPatch>? Patches { get; init; }
}

/// <summary>What became of one patch in an attempt.</summary>
/// <param name="Status">pending (sent), installed, rolled_back, failed, skipped, or not_approved, not_applicable for one that was left out.</param>
/// <param name="Error">The device's own text; null for none.</param>
public sealed record AttemptPatch(Guid Id, string? Title, string Status, string? Error, bool RebootRequired);

public sealed record Attempt
{
    public required Guid CommandId { get; init; }

    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>queued, sent, accepted, completed, failed, rejected, interrupted, timed_out or withdrawn.</summary>
    public required string State { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The result came after the attempt had been given up: recorded, and nothing else changed.</summary>
    public bool Late { get; init; }

    public AttemptResult? Result { get; init; }
}

/// <summary>Failures that say the same.</summary>
public sealed record FailureGroup(string FailureKey, FailureKind Kind, int? ExitCode, int Count, string Sample);

public sealed record RefusedRetry(Guid DeviceId, string Reason);

public sealed record RetriedMany(IReadOnlyList<Guid> Retried, IReadOnlyList<RefusedRetry> Refused);

/// <summary>A deployment that a device was or is in.</summary>
public sealed record DeviceDeployment(Guid Id, string Name, string Type, DeploymentStatus Status, DateTimeOffset CreatedAt);
