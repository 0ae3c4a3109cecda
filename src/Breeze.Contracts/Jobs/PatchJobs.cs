using Breeze.Contracts.Deployments;

namespace Breeze.Contracts.Jobs;

/// <summary>What <c>POST /configuration-policies/:id/patch-job</c> takes.</summary>
public sealed record PatchJobBody
{
    /// <summary>1 to 500; those that are unknown, out of reach or suppressed come back in <c>skipped</c>.</summary>
    public IReadOnlyList<Guid>? DeviceIds { get; init; }

    /// <summary>1 to 200 characters; null: "Config Policy Patch Job — {policy name}".</summary>
    public string? Name { get; init; }

    /// <summary>When it starts; null or past: now.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }
}

/// <summary>What <c>POST /configuration-policies/:id/run</c> takes; all of it may be left out.</summary>
public sealed record PolicyRunBody
{
    /// <summary>Only this organization's devices; null: all that the policy governs within the key's reach.</summary>
    public Guid? OrgId { get; init; }

    /// <inheritdoc cref="PatchJobBody.Name"/>
    public string? Name { get; init; }

    /// <inheritdoc cref="PatchJobBody.ScheduledAt"/>
    public DateTimeOffset? ScheduledAt { get; init; }
}

/// <summary>The jobs that were made: one an organization.</summary>
/// <param name="TotalDevices">Without the skipped.</param>
public sealed record PatchJobsCreated(IReadOnlyList<CreatedJob> Jobs, int TotalDevices, SkippedDevices Skipped);

public sealed record CreatedJob(Guid JobId, Guid OrgId, int DeviceCount);

/// <param name="MissingDeviceIds">No such device, or one that was taken out of service.</param>
/// <param name="InaccessibleDeviceIds">Devices out of the key's reach.</param>
/// <param name="MaintenanceSuppressedDeviceIds">Inside a maintenance window that suppresses patching.</param>
public sealed record SkippedDevices(
    IReadOnlyList<Guid> MissingDeviceIds, IReadOnlyList<Guid> InaccessibleDeviceIds, IReadOnlyList<Guid> MaintenanceSuppressedDeviceIds);

/// <summary>Patches on their way to a set of devices.</summary>
/// <param name="Status">scheduled, running, completed, failed (when a device failed) or cancelled.</param>
/// <param name="PolicyId">Whose settings it obeys.</param>
/// <param name="Sources">Only patches of these sources.</param>
/// <param name="DevicesCompleted">Devices that have finished, failures and those that were left out included.</param>
/// <param name="DevicesFailed">Of those finished: they reported a failure.</param>
/// <param name="DevicesSkipped">Of those finished: nothing was approved for them, they did not come in time, or the job was cancelled.</param>
/// <param name="DevicesPending">Not finished; with <paramref name="DevicesCompleted"/> always the total.</param>
/// <param name="DeadlineAt">Until when devices that are offline or suppressed are waited for.</param>
/// <param name="PolicyName">What the policy is called now; null when it is gone.</param>
public sealed record PatchJob(
    Guid Id,
    Guid OrgId,
    string Name,
    string Status,
    Guid? PolicyId,
    IReadOnlyList<string> Sources,
    string RebootPolicy,
    int DevicesTotal,
    int DevicesCompleted,
    int DevicesFailed,
    int DevicesSkipped,
    int DevicesPending,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset ScheduledAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    DateTimeOffset DeadlineAt,
    string? PolicyName = null);

/// <summary>One device of a job, patch by patch.</summary>
/// <param name="Patches">What was sent to it and what became of it; empty until then.</param>
/// <param name="Error">Why the device as a whole failed; null otherwise.</param>
public sealed record PatchJobResult(
    Guid DeviceId,
    string DeviceHostname,
    DeviceRecordStatus Status,
    SkipReason? SkipReason,
    FailureKind? FailureKind,
    string? Error,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    IReadOnlyList<AttemptPatch> Patches);

/// <summary>What <c>POST /patches/:id/rollback</c> takes.</summary>
public sealed record PatchRollbackBody
{
    /// <summary>Up to 1,000 characters; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary><c>immediate</c> (also when null) or <c>scheduled</c>.</summary>
    public string? ScheduleType { get; init; }

    /// <summary>Required for <c>scheduled</c>, in the future.</summary>
    public DateTimeOffset? ScheduledTime { get; init; }

    /// <summary>1 to 500; null: every device of the key's organizations where it is installed.</summary>
    public IReadOnlyList<Guid>? DeviceIds { get; init; }
}

/// <param name="QueuedCommandIds">Of the <c>rollback_patches</c> commands, at most 500; a scheduled one's are sent at its time.</param>
/// <param name="FailedDeviceIds">Out of service, or without the patch.</param>
public sealed record PatchRollbackAnswer(
    IReadOnlyList<Guid> RollbackIds, IReadOnlyList<Guid> QueuedCommandIds, int DeviceCount, IReadOnlyList<Guid> FailedDeviceIds, SkippedTargets Skipped);

/// <param name="Id">The rollback over all its devices.</param>
public sealed record CancelledRollback(Guid Id, string Status);

public sealed record SkippedTargets(IReadOnlyList<Guid> MissingDeviceIds, IReadOnlyList<Guid> InaccessibleDeviceIds);

/// <summary>One device's part of a rollback.</summary>
/// <param name="RollbackId">What was asked for, over all its devices: cancelled as one.</param>
/// <param name="Status">pending, running, completed, failed or cancelled.</param>
/// <param name="ErrorMessage">The device's own text, or why it was never tried; null otherwise.</param>
/// <param name="PatchTitle">As the organization's devices report it.</param>
public sealed record PatchRollback(
    Guid Id,
    Guid RollbackId,
    Guid OrgId,
    Guid DeviceId,
    string DeviceHostname,
    Guid PatchId,
    string Status,
    string? Reason,
    string? ErrorMessage,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset ScheduledAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    string? PatchTitle = null);
