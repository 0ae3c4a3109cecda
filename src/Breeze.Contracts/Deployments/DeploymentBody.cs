using System.Text.Json;

namespace Breeze.Contracts.Deployments;

/// <summary>What <c>POST /deployments</c> and <c>PUT /deployments/:id</c> take; PUT takes the whole.</summary>
public sealed record DeploymentBody
{
    /// <summary>The organization; null is allowed where the key sees exactly one.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>script</c>, <c>patch</c>, <c>software</c> or <c>policy</c>.</summary>
    public string? Type { get; init; }

    /// <summary>By type: <c>{scriptId, parameters, rollbackScriptId?}</c>, <c>{patchIds}</c>, <c>{packageId}</c> or <c>{policyId}</c>.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary><c>devices</c>, <c>groups</c>, <c>filter</c> or <c>all</c>; equals <c>targetConfig.type</c> where both are given.</summary>
    public string? TargetType { get; init; }

    public TargetConfig? TargetConfig { get; init; }

    public RolloutConfig? RolloutConfig { get; init; }
}

/// <summary>Which devices: one of the four forms.</summary>
public sealed record TargetConfig
{
    /// <summary><c>devices</c>, <c>groups</c>, <c>filter</c> or <c>all</c>.</summary>
    public string? Type { get; init; }

    /// <summary>For <c>devices</c>: at least one.</summary>
    public IReadOnlyList<Guid>? DeviceIds { get; init; }

    /// <summary>For <c>groups</c>: at least one.</summary>
    public IReadOnlyList<Guid>? GroupIds { get; init; }

    /// <summary>For <c>filter</c>: <c>{operator, conditions}</c>, never empty.</summary>
    public JsonElement? Filter { get; init; }
}

/// <summary>How the change is rolled out.</summary>
public sealed record RolloutConfig
{
    /// <summary><c>immediate</c> or <c>staggered</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Required for <c>staggered</c>, refused for <c>immediate</c>.</summary>
    public StaggeredConfig? Staggered { get; init; }

    /// <summary>Dispatch only inside a maintenance window that allows deployments; null means false.</summary>
    public bool? RespectMaintenanceWindows { get; init; }

    public RetryConfig? RetryConfig { get; init; }
}

/// <summary>Batches, the pause between them, and the failures that stop them.</summary>
public sealed record StaggeredConfig
{
    /// <summary>A number of devices (≥ 1) or a percentage string above 0, up to 100, such as <c>"10%"</c> or <c>"2.5%"</c>.</summary>
    public JsonElement? BatchSize { get; init; }

    /// <summary>Minutes, 0 to 10080; null means 0.</summary>
    public int? BatchDelayMinutes { get; init; }

    /// <summary>Final failures over all batches, ≥ 1; null means no such limit.</summary>
    public int? PauseOnFailureCount { get; init; }

    /// <summary>Percent of all targets, above 0, up to 100; null means no such limit.</summary>
    public decimal? PauseOnFailurePercent { get; init; }

    /// <summary><c>completion</c> (the default): the delay runs from the end of a batch. <c>timer</c>: completion or the delay after dispatch, whichever first.</summary>
    public string? BatchGate { get; init; }

    /// <summary>Minutes an automatic pause waits for an operator before the deployment fails, 1 to 525600; null means 10080 (7 days).</summary>
    public int? AutoPauseTimeoutMinutes { get; init; }
}

/// <summary>Automatic retries of one device.</summary>
public sealed record RetryConfig
{
    /// <summary>0 to 10; null means 0, and 0 means none.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>1 to 10 waits of 1 to 10080 minutes; the last one is used again. Null means <c>[5, 15, 60]</c>.</summary>
    public IReadOnlyList<int>? BackoffMinutes { get; init; }

    /// <summary>Minutes one attempt may take from sending, 1 to 1440; null means the script's own timeout and a minute.</summary>
    public int? AttemptTimeoutMinutes { get; init; }
}

/// <summary>What <c>POST /deployments/:id/devices/retry</c> takes: one of the two.</summary>
public sealed record RetryManyBody
{
    /// <summary>1 to 1000 devices.</summary>
    public IReadOnlyList<Guid>? DeviceIds { get; init; }

    /// <summary>A <c>failureKey</c> of <c>GET /deployments/:id/failures</c>: every device that failed that way.</summary>
    public string? FailureKey { get; init; }
}
