using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;

namespace Breeze.Silo.Deployments;

/// <summary>A row of <c>deployments</c>; columns as the migration describes them.</summary>
public sealed record DeploymentRow
{
    public DeploymentId Id { get; init; }

    public OrgId OrgId { get; init; }

    public string Name { get; init; } = "";

    public string Type { get; init; } = "";

    public string Payload { get; init; } = "";

    public string TargetConfig { get; init; } = "";

    public string RolloutConfig { get; init; } = "";

    public Stage Stage { get; init; }

    public string? PausedReason { get; init; }

    public DateTimeOffset? PausedByLimitAt { get; init; }

    public string CreatedBy { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public DateTimeOffset? ResumedAt { get; init; }

    public int Run { get; init; } = 1;

    public Guid? GateId { get; init; }

    public string? CommandPayload { get; init; }

    public string? RollbackPayload { get; init; }

    public long AttemptTimeoutMs { get; init; }

    public int Total { get; init; }

    public int BatchSize { get; init; }

    public int ShardSize { get; init; }

    public int TotalBatches { get; init; }

    public int CurrentBatch { get; init; }

    public DateTimeOffset? BatchDispatchedAt { get; init; }

    public DateTimeOffset? NextBatchAt { get; init; }

    public SkipReason? ClosedReason { get; init; }

    public bool Swept { get; init; } = true;

    public long Version { get; init; } = 1;

    /// <summary>The ETag: changes of configuration and lifecycle.</summary>
    public long Revision { get; init; } = 1;

    public RunKind Kind { get; init; }

    /// <summary>The operating system that the work is for; null: any.</summary>
    public string? OsType { get; init; }

    /// <summary>The policy that a patch job obeys; null for one that has none, and for deployments.</summary>
    public Guid? PolicyId { get; init; }

    /// <summary>What a patch rollback removes; null otherwise.</summary>
    public Guid? PatchId { get; init; }

    /// <summary>The occurrence of a schedule that a patch job was made for; null otherwise.</summary>
    public string? Occurrence { get; init; }

    /// <summary>When a job or rollback starts by itself; null for deployments.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>Until when devices that are away or suppressed are waited for; null for deployments.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }

    public bool IsRollback => Run > 1;

    /// <summary>The type of the commands that a run sends.</summary>
    public string CommandType(int run) => (Type, Kind == RunKind.PatchRollback || run > 1) switch
    {
        (WorkTypes.Patch, false) => CommandTypes.InstallPatches,
        (WorkTypes.Patch, true) => CommandTypes.RollbackPatches,
        (WorkTypes.Software, false) => CommandTypes.InstallSoftware,
        (WorkTypes.Software, true) => CommandTypes.UninstallSoftware,
        (WorkTypes.Policy, _) => CommandTypes.ApplyPolicy,
        _ => CommandTypes.RunScript,
    };

    public bool IsClosed => ClosedReason is not null;

    public BatchPlan Batches => new(Total, BatchSize, ShardSize);

    /// <summary>What is shown as counts: until the rows of a closed run have followed, what they will be.</summary>
    public Totals Shown(Totals rows) => IsClosed && !Swept ? rows.AfterClosing() : rows;

    public RolloutPlan ParsePlan() => RolloutParsing.Parse(DeploymentJson.Read<RolloutConfig>(RolloutConfig)).Value!;

    public RolloutState ToState(RolloutPlan plan, Totals run, Totals batch) => new(
        Stage, plan, IsRollback, Total, TotalBatches, CurrentBatch, BatchDispatchedAt, NextBatchAt, PausedByLimitAt, Shown(run), batch, IsClosed,
        IsStrict: Kind != RunKind.Deployment);
}

/// <summary>The JSON kept inside deployment rows.</summary>
internal static class DeploymentJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;
}
