using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>What a deployment is to do: the validated form of a <see cref="DeploymentBody"/>, with every default filled in.</summary>
/// <param name="Name">1 to 200 characters, trimmed.</param>
/// <param name="Type">One of <see cref="WorkTypes"/>.</param>
/// <param name="Payload">What to do, as its type needs it.</param>
/// <param name="Target">Which devices.</param>
/// <param name="Plan">How it is rolled out.</param>
public sealed record DeploymentSpec(string Name, string Type, WorkPayload Payload, TargetConfig Target, RolloutPlan Plan);

/// <summary>What a deployment does on each device.</summary>
public abstract record WorkPayload;

/// <summary>The payload of a patch deployment.</summary>
/// <param name="PatchIds">1 to 1,000 different ids of the catalogue.</param>
public sealed record PatchPayload(IReadOnlyList<Guid> PatchIds) : WorkPayload;

/// <summary>The payload of a software deployment.</summary>
public sealed record SoftwarePackagePayload(Guid PackageId) : WorkPayload;

/// <summary>The payload of a policy deployment.</summary>
public sealed record PolicyPayload(Guid PolicyId) : WorkPayload;

/// <summary>The payload of a script deployment.</summary>
/// <param name="ScriptId">A script of the same organization.</param>
/// <param name="Parameters">An object of values by parameter name, checked against the script; null for none.</param>
/// <param name="RollbackScriptId">Run by a rollback on the devices that completed; null means it cannot be rolled back.</param>
public sealed record ScriptPayload(ScriptId ScriptId, JsonElement? Parameters, ScriptId? RollbackScriptId) : WorkPayload;

public enum BatchGate
{
    /// <summary>A batch opens when the one before it is finished and the delay has passed since.</summary>
    Completion = 1,

    /// <summary>A batch opens when the one before it is finished, or the delay has passed since its dispatch, whichever is first.</summary>
    Timer,
}

/// <summary>How a change is rolled out; immutable once the deployment is initialized.</summary>
public sealed record RolloutPlan
{
    /// <summary>Null for an immediate rollout: one batch, no delay, no limits.</summary>
    public StaggeredPlan? Staggered { get; init; }

    public bool RespectsMaintenanceWindows { get; init; }

    /// <summary>0 to 10 attempts beyond the first.</summary>
    public int MaxRetries { get; init; }

    /// <summary>1 to 10 waits; the last is used again.</summary>
    public IReadOnlyList<TimeSpan> Backoff { get; init; } = DefaultBackoff;

    /// <summary>From sending to giving up (before the grace); null: the payload's own default.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    public static IReadOnlyList<TimeSpan> DefaultBackoff { get; } = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(60)];

    /// <summary>The wait before a retry. Source: the product document, "If the retry count exceeds the array length, the last value is reused".</summary>
    /// <param name="retry">From 0: the first retry uses index 0.</param>
    public TimeSpan BackoffBefore(int retry) => Backoff[Math.Min(retry, Backoff.Count - 1)];
}

public sealed record StaggeredPlan
{
    public required BatchSize BatchSize { get; init; }

    public TimeSpan Delay { get; init; }

    public BatchGate Gate { get; init; } = BatchGate.Completion;

    /// <summary>Final failures, ≥ 1; null for no such limit.</summary>
    public int? FailureCountLimit { get; init; }

    /// <summary>Percent of all targets, above 0, up to 100; null for no such limit.</summary>
    public decimal? FailurePercentLimit { get; init; }

    /// <summary>How long an automatic pause waits for an operator before the deployment fails.</summary>
    public TimeSpan AutoPauseTimeout { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>A number of devices, or a share of all targets.</summary>
/// <param name="Devices">≥ 1, or null when a percentage is given.</param>
/// <param name="Percent">Above 0, up to 100, or null when a number is given.</param>
public readonly record struct BatchSize(int? Devices, decimal? Percent)
{
    /// <summary>Devices in each batch but the last: ceil(total × p / 100), at least 1 (contract, section 2).</summary>
    public int Of(int total) => Devices ?? Math.Max(1, (int)decimal.Ceiling(total * Percent!.Value / 100m));

    public JsonElement ToJson() => Devices is { } devices
        ? JsonSerializer.SerializeToElement(devices)
        : JsonSerializer.SerializeToElement(Percent!.Value.ToString("0.############################", System.Globalization.CultureInfo.InvariantCulture) + "%");
}
