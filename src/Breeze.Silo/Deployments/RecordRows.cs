using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Deployments;

/// <summary>A record with its latest command, as lists read it.</summary>
internal sealed class ListedRow
{
    public Guid Id { get; init; }

    public Guid DeploymentId { get; init; }

    public int Ordinal { get; init; }

    public Guid DeviceId { get; init; }

    public string Hostname { get; init; } = "";

    public string? DisplayName { get; init; }

    public DeviceRecordStatus Status { get; init; }

    public int Attempt { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public FailureKind? FailureKind { get; init; }

    public SkipReason? SkipReason { get; init; }

    public CommandState? CommandState { get; init; }

    public CommandOutcome? Outcome { get; init; }

    public int? ExitCode { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    public long? DurationMs { get; init; }

    public string? Data { get; init; }

    public string? LeftOut { get; init; }

    public string? PatchesPayload { get; init; }

    public IReadOnlyList<AttemptPatch>? Patches => AttemptPatches.Show(PatchesPayload, LeftOut, Data, CommandState == Agents.CommandState.Done);

    /// <param name="closing">Why the run was closed, as long as its rows have not followed; else null.</param>
    /// <param name="earlier">What the last attempt that ended said, when the latest has not.</param>
    public DeviceRecord Show(BatchPlan batches, RolloutPlan plan, SkipReason? closing, AttemptResult? earlier = null)
    {
        var isAccepted = CommandState == Agents.CommandState.Accepted;
        var isClosed = closing is not null && (Status == DeviceRecordStatus.Pending || (Status == DeviceRecordStatus.Running && !isAccepted));
        var status = isClosed ? DeviceRecordStatus.Skipped : Status;
        return new DeviceRecord
        {
            Id = Id,
            DeploymentId = DeploymentId,
            DeviceId = DeviceId,
            DeviceHostname = Hostname,
            DeviceDisplayName = DisplayName,
            BatchNumber = batches.BatchOf(Ordinal),
            Status = status,
            Phase = status != DeviceRecordStatus.Running ? null : isAccepted ? DevicePhase.Installing : DevicePhase.Downloading,
            RetryCount = Math.Max(0, Attempt - 1),
            MaxRetries = plan.MaxRetries,
            NextAttemptAt = isClosed ? null : NextAttemptAt,
            StartedAt = StartedAt,
            CompletedAt = CompletedAt,
            FailureKind = FailureKind,
            SkipReason = isClosed ? closing : SkipReason,
            Result = CommandState == Agents.CommandState.Done ? ResultOf(Outcome, ExitCode, Output, Error, DurationMs, Patches) : earlier,
        };
    }

    internal static AttemptResult ResultOf(
        CommandOutcome? outcome, int? exitCode, string? output, string? error, long? durationMs, IReadOnlyList<AttemptPatch>? patches) => new()
        {
            Success = outcome == CommandOutcome.Completed,
            ExitCode = exitCode,
            Output = output,
            Error = error,
            DurationMs = durationMs,
            Patches = patches,
        };
}

/// <summary>A command of a record: one attempt.</summary>
internal sealed class AttemptRow
{
    public string Origin { get; init; } = "";

    public Guid Id { get; init; }

    public int Attempt { get; init; }

    public CommandState State { get; init; }

    public CommandOutcome? Outcome { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public int Late { get; init; }

    public int? ExitCode { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    public long? DurationMs { get; init; }

    public string? Data { get; init; }

    public string? LeftOut { get; init; }

    public string? PatchesPayload { get; init; }

    public Attempt Show() => new()
    {
        CommandId = Id,
        Number = Attempt,
        State = State switch
        {
            CommandState.Queued => "queued",
            CommandState.Sent => "sent",
            CommandState.Accepted => "accepted",
            CommandState.Withdrawn => "withdrawn",
            _ => Outcome switch
            {
                CommandOutcome.Completed => "completed",
                CommandOutcome.Rejected => "rejected",
                CommandOutcome.Interrupted => "interrupted",
                CommandOutcome.TimedOut => "timed_out",
                _ => "failed",
            },
        },
        SentAt = SentAt,
        AcceptedAt = AcceptedAt,
        EndedAt = EndedAt,
        Late = Late != 0,
        Result = Outcome is null && Late == 0 ? null : ListedRow.ResultOf(
            Outcome, ExitCode, Output, Error, DurationMs, AttemptPatches.Show(PatchesPayload, LeftOut, Data, isOver: true)),
    };
}
