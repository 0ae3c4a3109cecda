using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>A device's record as the decisions see it.</summary>
[GenerateSerializer, Immutable, Alias("breeze.RecordState")]
public sealed record RecordState
{
    [Id(0)]
    public required DeviceRecordStatus Status { get; init; }

    /// <summary>Attempts sent so far; 0 before the first.</summary>
    [Id(1)]
    public int Attempt { get; init; }

    /// <summary>The command of the latest attempt; null before the first.</summary>
    [Id(2)]
    public CommandId? CommandId { get; init; }

    /// <summary>The device has said that it has the command.</summary>
    [Id(3)]
    public bool Accepted { get; init; }

    [Id(4)]
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When the running attempt's time is over; the grace comes on top.</summary>
    [Id(5)]
    public DateTimeOffset? TimeoutAt { get; init; }

    [Id(6)]
    public DateTimeOffset? StartedAt { get; init; }

    [Id(7)]
    public DateTimeOffset? CompletedAt { get; init; }

    [Id(8)]
    public FailureKind? FailureKind { get; init; }

    [Id(9)]
    public string? FailureKey { get; init; }

    [Id(10)]
    public SkipReason? SkipReason { get; init; }

    /// <summary>The running attempt was asked for after the deployment had ended: its failure is final.</summary>
    [Id(11)]
    public bool IsLastWord { get; init; }

    [Id(12)]
    public int? ExitCode { get; init; }

    public Totals Counted => Totals.Of(Status, Attempt > 0, Accepted);

    public int RetryCount => Math.Max(0, Attempt - 1);
}

/// <summary>How an attempt ended.</summary>
/// <param name="Kind">Null when it succeeded.</param>
/// <param name="FailureKey">What failures that say the same share; null when it succeeded.</param>
/// <param name="ExitCode">The script's; null when no process ended.</param>
public sealed record AttemptEnd(FailureKind? Kind, string? FailureKey, int? ExitCode);

/// <summary>The transitions of one device's record: what it becomes, never doing it.</summary>
public static class DeviceAttempt
{
    /// <summary>Time beyond its timeout in which an attempt still counts as running (contract, section 2).</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a due retry waits for its device or window before it fails as unreachable.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromHours(24);

    public static RecordState Send(RecordState record, CommandId command, DateTimeOffset now, TimeSpan timeout, bool isLastWord = false) => record with
    {
        Status = DeviceRecordStatus.Running,
        Attempt = record.Attempt + 1,
        CommandId = command,
        Accepted = false,
        NextAttemptAt = null,
        TimeoutAt = now + timeout,
        StartedAt = record.StartedAt ?? now,
        CompletedAt = null,
        FailureKind = null,
        FailureKey = null,
        ExitCode = null,
        SkipReason = null,
        IsLastWord = isLastWord,
    };

    /// <summary>The attempt ended. A closed run, or an attempt asked for after the end, is not tried again by itself.</summary>
    public static RecordState End(RecordState record, AttemptEnd end, RolloutPlan plan, DateTimeOffset now, bool runIsClosed)
    {
        var ended = record with { Accepted = false, TimeoutAt = null, IsLastWord = false, ExitCode = end.ExitCode };
        if (end.Kind is not { } kind)
        {
            return ended with { Status = DeviceRecordStatus.Completed, CompletedAt = now, FailureKind = null, FailureKey = null };
        }

        var failed = ended with { FailureKind = kind, FailureKey = end.FailureKey };
        var triedAgain = record.RetryCount < plan.MaxRetries
            && kind is not (FailureKind.Rejected or FailureKind.Interrupted)
            && !runIsClosed
            && !record.IsLastWord;
        return triedAgain
            ? failed with { Status = DeviceRecordStatus.Pending, NextAttemptAt = now + plan.BackoffBefore(record.RetryCount) }
            : failed with { Status = DeviceRecordStatus.Failed, CompletedAt = now };
    }

    /// <summary>A due retry whose device did not come back in time.</summary>
    public static RecordState GiveUp(RecordState record, DateTimeOffset now) => record with
    {
        Status = DeviceRecordStatus.Failed,
        NextAttemptAt = null,
        CompletedAt = now,
        FailureKind = FailureKind.Unreachable,
        FailureKey = "unreachable",
        ExitCode = null,
    };

    public static RecordState Skip(RecordState record, SkipReason reason, DateTimeOffset now) => record with
    {
        Status = DeviceRecordStatus.Skipped,
        Accepted = false,
        NextAttemptAt = null,
        TimeoutAt = null,
        CompletedAt = now,
        SkipReason = reason,
    };
}
