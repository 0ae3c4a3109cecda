using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Deployments;

/// <summary>The descriptions of the deployments' routes in OpenAPI.</summary>
internal static class DeploymentDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");

    private static readonly object Body = new
    {
        orgId = OrgId,
        name = "Monthly Cleanup — Linux Fleet",
        type = "script",
        payload = new { scriptId = Guid.Parse("0198f6a0-0000-7000-8000-000000000013"), parameters = new { } },
        targetType = "groups",
        targetConfig = new { type = "groups", groupIds = new[] { Guid.Parse("0198f6a0-0000-7000-8000-000000000012") } },
        rolloutConfig = new
        {
            type = "staggered",
            staggered = new { batchSize = "10%", batchDelayMinutes = 30, pauseOnFailurePercent = 20 },
            respectMaintenanceWindows = true,
            retryConfig = new { maxRetries = 3, backoffMinutes = new[] { 5, 15, 60 } },
        },
    };

    private static readonly Deployment Draft = Example(DeploymentStatus.Draft, null);

    private static readonly Deployment Active = Example(DeploymentStatus.Downloading, new()
    {
        Total = 120,
        Pending = 96,
        Running = 12,
        Completed = 11,
        Failed = 1,
        Skipped = 0,
        Retrying = 1,
        CurrentBatch = 2,
        TotalBatches = 10,
        PercentComplete = 10,
        NextBatchAt = null,
        EtaAt = At.AddHours(5),
    });

    private static readonly AttemptResult Failure = new() { Success = false, ExitCode = 1, Output = "", Error = "No space left on device", DurationMs = 812 };

    private static readonly DeviceRecord Record = new()
    {
        Id = Guid.Parse("0198f6a0-0000-7000-8000-000000000021"),
        DeploymentId = Draft.Id,
        DeviceId = DeviceId,
        DeviceHostname = "front-desk-1",
        DeviceDisplayName = "Front desk",
        BatchNumber = 2,
        Status = DeviceRecordStatus.Failed,
        RetryCount = 3,
        MaxRetries = 3,
        StartedAt = At,
        CompletedAt = At.AddMinutes(81),
        FailureKind = FailureKind.ExitCode,
        Result = Failure,
    };

    public static RouteDocs All { get; } = Records(Whole(new()));

    private static RouteDocs Whole(RouteDocs docs) => docs
        .Add("GET /deployments", "List deployments",
            "Newest first, by status, type and orgId. status takes every documented state, and active for running, downloading and installing.",
            new OffsetList<Deployment>([Active], 1, 50, 0, null))
        .Add("POST /deployments", "Create a deployment", "Makes a draft: nothing is resolved and nothing is sent.", One(Draft), Body, 201)
        .Add("GET /deployments/{id}", "Get a deployment",
            "With its progress. The counts always add up to the total; the ETag is the version of configuration and lifecycle, not of progress.", One(Active))
        .Add("PUT /deployments/{id}", "Replace a draft", "Sets all of it. 400 unless it is a draft; If-Match refuses with 412 when it was changed since.",
            One(Draft), Body)
        .Add("DELETE /deployments/{id}", "Delete a draft", "400 unless it is a draft.", One(Draft))
        .Add("POST /deployments/{id}/initialize", "Initialize a deployment",
            "Resolves the targets once, makes the device records and the batches, and shows what they came to. No command is sent. 400 when there is no target.",
            One(Initialized()))
        .Add("POST /deployments/{id}/start", "Start a deployment", "From pending. An immediate one sends all its commands, a staggered one its first batch.",
            One(Active))
        .Add("POST /deployments/{id}/pause", "Pause a deployment",
            "Effective when answered: no command of it becomes sent from then on. Devices in flight finish and count.",
            One(Active with { Status = DeploymentStatus.Paused, PausedReason = "Paused by Rollout pipeline." }))
        .Add("POST /deployments/{id}/resume", "Resume a deployment", "Accepts the failures so far: limits count those since. The next batch starts when it was due.",
            One(Active))
        .Add("POST /deployments/{id}/cancel", "Cancel a deployment",
            "In one step however large the fleet: pending records are skipped, commands that no device accepted are withdrawn. It cannot be undone.",
            One(Active with { Status = DeploymentStatus.Cancelled, CompletedAt = At.AddHours(1) }))
        .Add("POST /deployments/{id}/rollback", "Roll a deployment back",
            "A second run over the devices that completed, by payload.rollbackScriptId; 400 without one. ?run=rollout shows the first run's records.",
            One(Active with { Status = DeploymentStatus.Rollback }));

    private static RouteDocs Records(RouteDocs docs) => docs
        .Add("GET /deployments/{id}/batches", "List batches",
            "The first batch first: waiting, running, soaking (finished, and the next batch waits for its delay), done or failed, with its counts. An immediate deployment has one.",
            new OffsetList<DeploymentBatch>(
                [
                    new()
                    {
                        BatchNumber = 1, Status = BatchStatus.Soaking, Total = 12, Pending = 0, Running = 0, Completed = 11, Failed = 1, Skipped = 0, Retrying = 0,
                        DispatchedAt = At, CompletedAt = At.AddMinutes(4), NextAt = At.AddMinutes(34),
                    },
                ],
                10, 1, 0, "eyJvZiI6"))
        .Add("GET /deployments/{id}/devices", "List device records", "By batch, hostname and id; filtered by status, batchNumber, search and run.",
            new OffsetList<DeviceRecord>([Record], 1, 50, 0, null))
        .Add("GET /deployments/{id}/devices/{deviceId}", "Get a device record", "With every attempt, oldest first.",
            One(Record with
            {
                Attempts =
                [
                    new() { CommandId = Guid.Parse("0198f6a0-0000-7000-8000-000000000022"), Number = 1, State = "failed", SentAt = At, EndedAt = At, Result = Failure },
                ],
            }))
        .Add("GET /deployments/{id}/failures", "Group the failures", "Failures that say the same, most frequent first; failureKey can be retried as one.",
            One<IReadOnlyList<FailureGroup>>([new("0f6c1f6b5a1e", FailureKind.ExitCode, 1, 14, "No space left on device")]))
        .Add("POST /deployments/{id}/devices/{deviceId}/retry", "Retry a device",
            "Counts against maxRetries; 400 with retryCount and maxRetries when they are used up, and while the device is offline or outside its window.",
            One(Record with { Status = DeviceRecordStatus.Pending, RetryCount = 1, NextAttemptAt = At.AddHours(2), FailureKind = null, CompletedAt = null }))
        .Add("POST /deployments/{id}/devices/retry", "Retry many devices", "By deviceIds or by failureKey. What is refused is named with its reason.",
            One(new RetriedMany([DeviceId], [])), new { deviceIds = new[] { DeviceId } })
        .Add("GET /devices/{id}/deployments", "List a device's deployments", "The deployments that the device was or is in, newest first.",
            new PagedList<DeviceDeployment>([new(Draft.Id, Draft.Name, "script", DeploymentStatus.Completed, At)], new(1, 50, 1), null));

    private static Single<T> One<T>(T one) => new(one);

    private static Deployment Example(DeploymentStatus status, Progress? progress)
    {
        var body = JsonSerializer.SerializeToElement(Body, BreezeJson.Options);
        return new()
        {
            Id = Guid.Parse("0198f6a0-0000-7000-8000-000000000005"),
            OrgId = OrgId,
            Name = body.GetProperty("name").GetString()!,
            Type = "script",
            Payload = body.GetProperty("payload"),
            TargetType = "groups",
            TargetConfig = body.GetProperty("targetConfig").Deserialize<TargetConfig>(BreezeJson.Options)!,
            RolloutConfig = body.GetProperty("rolloutConfig").Deserialize<RolloutConfig>(BreezeJson.Options)!,
            Status = status,
            CreatedBy = "Rollout pipeline",
            CreatedAt = At,
            StartedAt = progress is null ? null : At,
            Progress = progress,
        };
    }

    private static InitializedDeployment Initialized() => new()
    {
        Id = Draft.Id,
        OrgId = OrgId,
        Name = Draft.Name,
        Type = Draft.Type,
        Payload = Draft.Payload,
        TargetType = Draft.TargetType,
        TargetConfig = Draft.TargetConfig,
        RolloutConfig = Draft.RolloutConfig,
        Status = DeploymentStatus.Pending,
        CreatedBy = Draft.CreatedBy,
        CreatedAt = At,
        Progress = Active.Progress! with { Pending = 120, Running = 0, Completed = 0, Failed = 0, Retrying = 0, CurrentBatch = null, PercentComplete = 0, EtaAt = null },
        DeviceCount = 120,
        TotalBatches = 10,
        Batches = [new(1, 12), new(2, 12)],
        Excluded = [new(DeviceId, "not_found")],
        ExcludedCount = 1,
        OfflineCount = 4,
        OutsideWindowCount = 0,
    };
}
