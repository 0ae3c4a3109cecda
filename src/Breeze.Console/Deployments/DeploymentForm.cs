using System.Globalization;
using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Console.Deployments;

/// <summary>A deployment while it is being written: what the fields hold, to and from the API's body.</summary>
/// <remarks>Numbers are texts, so that what cannot be read is named beside its field instead of being dropped.</remarks>
public sealed class DeploymentForm
{
    public Guid? OrgId { get; set; }

    public string Name { get; set; } = "";

    public string Type { get; set; } = "script";

    public Guid? ScriptId { get; set; }

    public Dictionary<string, string> Parameters { get; private set; } = new(StringComparer.Ordinal);

    public Guid? RollbackScriptId { get; set; }

    public IReadOnlySet<Guid> PatchIds { get; set; } = new HashSet<Guid>();

    public Guid? PackageId { get; set; }

    public Guid? PolicyId { get; set; }

    public string TargetType { get; set; } = "devices";

    public IReadOnlySet<Guid> DeviceIds { get; set; } = new HashSet<Guid>();

    public IReadOnlySet<Guid> GroupIds { get; set; } = new HashSet<Guid>();

    public JsonElement? Filter { get; set; }

    public bool IsStaggered { get; set; } = true;

    /// <summary>"50" or "10%".</summary>
    public string BatchSize { get; set; } = "10%";

    public string BatchDelayMinutes { get; set; } = "30";

    public string PauseOnFailureCount { get; set; } = "";

    public string PauseOnFailurePercent { get; set; } = "20";

    public string BatchGate { get; set; } = "completion";

    public string AutoPauseTimeoutMinutes { get; set; } = "";

    public bool RespectMaintenanceWindows { get; set; }

    public string MaxRetries { get; set; } = "0";

    public string BackoffMinutes { get; set; } = "5, 15, 60";

    public string AttemptTimeoutMinutes { get; set; } = "";

    /// <summary>The minutes before each retry, the last one repeated; empty while the fields cannot be read.</summary>
    public IReadOnlyList<int> Waits
    {
        get
        {
            var waits = BackoffMinutes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (Whole(MaxRetries) is not (> 0 and <= 10 and var retries) || waits.Length == 0 || waits.Any(w => Whole(w) is null))
            {
                return [];
            }

            return [.. Enumerable.Range(0, retries).Select(n => Whole(waits[Math.Min(n, waits.Length - 1)])!.Value)];
        }
    }

    /// <summary>The API's body, or the field that cannot be read and why.</summary>
    public (DeploymentBody? Body, string? Field, string? Problem) ToBody()
    {
        if (Unreadable() is var (field, problem) && field is not null)
        {
            return (null, field, problem);
        }

        return (new DeploymentBody
        {
            OrgId = OrgId,
            Name = Name.Trim(),
            Type = Type,
            Payload = Payload(),
            TargetType = TargetType,
            TargetConfig = Target(),
            RolloutConfig = Rollout(),
        }, null, null);
    }

    public TargetConfig Target() => new()
    {
        Type = TargetType,
        DeviceIds = TargetType == "devices" ? [.. DeviceIds] : null,
        GroupIds = TargetType == "groups" ? [.. GroupIds] : null,
        Filter = TargetType == "filter" ? Filter : null,
    };

    /// <summary>Nothing is targeted yet, so there is nothing to preview.</summary>
    public bool IsTargetEmpty => TargetType switch
    {
        "devices" => DeviceIds.Count == 0,
        "groups" => GroupIds.Count == 0,
        "filter" => Filter is null,
        _ => false,
    };

    public static DeploymentForm Of(Deployment deployment)
    {
        var rollout = deployment.RolloutConfig;
        var staggered = rollout.Staggered;
        var form = new DeploymentForm
        {
            OrgId = deployment.OrgId,
            Name = deployment.Name,
            Type = deployment.Type,
            TargetType = deployment.TargetType,
            DeviceIds = (deployment.TargetConfig.DeviceIds ?? []).ToHashSet(),
            GroupIds = (deployment.TargetConfig.GroupIds ?? []).ToHashSet(),
            Filter = deployment.TargetConfig.Filter,
            IsStaggered = rollout.Type == "staggered",
            RespectMaintenanceWindows = rollout.RespectMaintenanceWindows == true,
            MaxRetries = Text(rollout.RetryConfig?.MaxRetries ?? 0),
            BackoffMinutes = string.Join(", ", rollout.RetryConfig?.BackoffMinutes ?? [5, 15, 60]),
            AttemptTimeoutMinutes = Text(rollout.RetryConfig?.AttemptTimeoutMinutes),
        };
        if (staggered is not null)
        {
            form.BatchSize = staggered.BatchSize?.ToString() ?? "";
            form.BatchDelayMinutes = Text(staggered.BatchDelayMinutes ?? 0);
            form.PauseOnFailureCount = Text(staggered.PauseOnFailureCount);
            form.PauseOnFailurePercent = staggered.PauseOnFailurePercent?.ToString(CultureInfo.InvariantCulture) ?? "";
            form.BatchGate = staggered.BatchGate ?? "completion";
            form.AutoPauseTimeoutMinutes = Text(staggered.AutoPauseTimeoutMinutes);
        }

        form.TakePayload(deployment.Payload);
        return form;
    }

    private void TakePayload(JsonElement payload)
    {
        Guid? Id(string name) => payload.TryGetProperty(name, out var id) && id.ValueKind == JsonValueKind.String ? id.GetGuid() : null;
        ScriptId = Id("scriptId");
        RollbackScriptId = Id("rollbackScriptId");
        PackageId = Id("packageId");
        PolicyId = Id("policyId");
        if (payload.TryGetProperty("patchIds", out var patches))
        {
            PatchIds = patches.EnumerateArray().Select(p => p.GetGuid()).ToHashSet();
        }

        if (payload.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object)
        {
            Parameters = parameters.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString(), StringComparer.Ordinal);
        }
    }

    private JsonElement Payload() => Type switch
    {
        "script" => JsonSerializer.SerializeToElement(new Dictionary<string, object?>
        {
            ["scriptId"] = ScriptId,
            ["parameters"] = Parameters.Where(p => p.Value.Length > 0).ToDictionary(p => p.Key, p => (object)p.Value),
            ["rollbackScriptId"] = RollbackScriptId,
        }),
        "patch" => JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["patchIds"] = PatchIds }),
        "software" => JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["packageId"] = PackageId }),
        _ => JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["policyId"] = PolicyId }),
    };

    private RolloutConfig Rollout() => new()
    {
        Type = IsStaggered ? "staggered" : "immediate",
        Staggered = IsStaggered
            ? new StaggeredConfig
            {
                BatchSize = Whole(BatchSize) is { } devices ? JsonSerializer.SerializeToElement(devices) : JsonSerializer.SerializeToElement(BatchSize.Trim()),
                BatchDelayMinutes = Whole(BatchDelayMinutes),
                PauseOnFailureCount = Whole(PauseOnFailureCount),
                PauseOnFailurePercent = Figure(PauseOnFailurePercent),
                BatchGate = BatchGate,
                AutoPauseTimeoutMinutes = Whole(AutoPauseTimeoutMinutes),
            }
            : null,
        RespectMaintenanceWindows = RespectMaintenanceWindows,
        RetryConfig = new RetryConfig
        {
            MaxRetries = Whole(MaxRetries),
            BackoffMinutes = BackoffMinutes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } waits
                ? [.. waits.Select(w => Whole(w) ?? 0)]
                : null,
            AttemptTimeoutMinutes = Whole(AttemptTimeoutMinutes),
        },
    };

    private (string? Field, string? Problem) Unreadable()
    {
        var wholes = new List<(string Field, string Text, string Name)>
        {
            ("rolloutConfig.retryConfig.maxRetries", MaxRetries, "The number of retries"),
            ("rolloutConfig.retryConfig.attemptTimeoutMinutes", AttemptTimeoutMinutes, "The time of an attempt"),
        };
        if (IsStaggered)
        {
            wholes.Add(("rolloutConfig.staggered.batchDelayMinutes", BatchDelayMinutes, "The delay"));
            wholes.Add(("rolloutConfig.staggered.pauseOnFailureCount", PauseOnFailureCount, "The number of failures"));
            wholes.Add(("rolloutConfig.staggered.autoPauseTimeoutMinutes", AutoPauseTimeoutMinutes, "The patience of an automatic pause"));
            if (PauseOnFailurePercent.Trim().Length > 0 && Figure(PauseOnFailurePercent) is null)
            {
                return ("rolloutConfig.staggered.pauseOnFailurePercent", "The percentage is not a number.");
            }
        }

        if (BackoffMinutes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Any(w => Whole(w) is null))
        {
            return ("rolloutConfig.retryConfig.backoffMinutes", "The waits are whole minutes, separated by commas.");
        }

        return wholes.Where(w => w.Text.Trim().Length > 0 && Whole(w.Text) is null)
            .Select(w => ((string?)w.Field, (string?)$"{w.Name} is not a whole number."))
            .FirstOrDefault();
    }

    private static int? Whole(string text) => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;

    private static decimal? Figure(string text) =>
        decimal.TryParse(text.Trim().TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var figure) ? figure : null;

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
