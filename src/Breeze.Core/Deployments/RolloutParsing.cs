using System.Globalization;
using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>Turns a <see cref="RolloutConfig"/> into a <see cref="RolloutPlan"/> and back, with every bound of the contract.</summary>
public static class RolloutParsing
{
    private const int WeekInMinutes = 10_080;
    private const int YearInMinutes = 525_600;

    /// <summary>Refused (400) with the path of the member at fault.</summary>
    public static Answer<RolloutPlan> Parse(RolloutConfig? config)
    {
        if (config is null)
        {
            return Refusal.Invalid("rolloutConfig is required.", "rolloutConfig");
        }

        StaggeredPlan? staggered = null;
        switch (config.Type)
        {
            case "immediate" when config.Staggered is not null:
                return Refusal.Invalid("rolloutConfig.staggered does not belong to an immediate rollout.", "rolloutConfig.staggered");
            case "immediate":
                break;
            case "staggered":
                var parsed = ParseStaggered(config.Staggered);
                if (parsed.IsRefused)
                {
                    return parsed.Refusal!;
                }

                staggered = parsed.Value;
                break;
            case null:
                return Refusal.Invalid("rolloutConfig.type is required: immediate or staggered.", "rolloutConfig.type");
            default:
                return Refusal.Invalid("rolloutConfig.type must be immediate or staggered.", "rolloutConfig.type");
        }

        if (CheckRetry(config.RetryConfig) is { } refusal)
        {
            return refusal;
        }

        var retry = config.RetryConfig;
        return new RolloutPlan
        {
            Staggered = staggered,
            RespectsMaintenanceWindows = config.RespectMaintenanceWindows ?? false,
            MaxRetries = retry?.MaxRetries ?? 0,
            Backoff = retry?.BackoffMinutes?.Select(minutes => TimeSpan.FromMinutes(minutes)).ToList() ?? RolloutPlan.DefaultBackoff,
            AttemptTimeout = retry?.AttemptTimeoutMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        };
    }

    /// <summary>The plan as it is answered: with every default filled in.</summary>
    public static RolloutConfig ToConfig(RolloutPlan plan) => new()
    {
        Type = plan.Staggered is null ? "immediate" : "staggered",
        Staggered = plan.Staggered is { } staggered
            ? new StaggeredConfig
            {
                BatchSize = staggered.BatchSize.ToJson(),
                BatchDelayMinutes = (int)staggered.Delay.TotalMinutes,
                PauseOnFailureCount = staggered.FailureCountLimit,
                PauseOnFailurePercent = staggered.FailurePercentLimit,
                BatchGate = staggered.Gate == BatchGate.Timer ? "timer" : "completion",
                AutoPauseTimeoutMinutes = (int)staggered.AutoPauseTimeout.TotalMinutes,
            }
            : null,
        RespectMaintenanceWindows = plan.RespectsMaintenanceWindows,
        RetryConfig = new RetryConfig
        {
            MaxRetries = plan.MaxRetries,
            BackoffMinutes = plan.Backoff.Select(wait => (int)wait.TotalMinutes).ToList(),
            AttemptTimeoutMinutes = plan.AttemptTimeout is { } timeout ? (int)timeout.TotalMinutes : null,
        },
    };

    private static Answer<StaggeredPlan> ParseStaggered(StaggeredConfig? config)
    {
        const string Path = "rolloutConfig.staggered";
        if (config is null)
        {
            return Refusal.Invalid($"{Path} is required for a staggered rollout.", Path);
        }

        var size = ParseBatchSize(config.BatchSize, $"{Path}.batchSize");
        if (size.IsRefused)
        {
            return size.Refusal!;
        }

        var refusal = Within(config.BatchDelayMinutes, 0, WeekInMinutes, $"{Path}.batchDelayMinutes")
            ?? Within(config.PauseOnFailureCount, 1, int.MaxValue, $"{Path}.pauseOnFailureCount")
            ?? Within(config.AutoPauseTimeoutMinutes, 1, YearInMinutes, $"{Path}.autoPauseTimeoutMinutes");
        if (refusal is not null)
        {
            return refusal;
        }

        if (config.PauseOnFailurePercent is <= 0 or > 100)
        {
            return Refusal.Invalid($"{Path}.pauseOnFailurePercent must be above 0 and at most 100.", $"{Path}.pauseOnFailurePercent");
        }

        if (config.BatchGate is not (null or "completion" or "timer"))
        {
            return Refusal.Invalid($"{Path}.batchGate must be completion or timer.", $"{Path}.batchGate");
        }

        return new StaggeredPlan
        {
            BatchSize = size.Value,
            Delay = TimeSpan.FromMinutes(config.BatchDelayMinutes ?? 0),
            Gate = config.BatchGate == "timer" ? BatchGate.Timer : BatchGate.Completion,
            FailureCountLimit = config.PauseOnFailureCount,
            FailurePercentLimit = config.PauseOnFailurePercent,
            AutoPauseTimeout = TimeSpan.FromMinutes(config.AutoPauseTimeoutMinutes ?? WeekInMinutes),
        };
    }

    private static Answer<BatchSize> ParseBatchSize(JsonElement? value, string path)
    {
        var refusal = Refusal.Invalid($"{path} must be a whole number of devices from 1, or a percentage such as \"10%\" above 0, up to 100.", path);
        switch (value)
        {
            case { ValueKind: JsonValueKind.Number } number:
                return number.TryGetInt32(out var devices) && devices >= 1 ? new BatchSize(devices, null) : refusal;
            case { ValueKind: JsonValueKind.String } text:
                var share = text.GetString()!;
                var isPercent = share.EndsWith('%')
                    && decimal.TryParse(share.AsSpan(0, share.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
                    && percent is > 0 and <= 100;
                return isPercent
                    ? new BatchSize(null, decimal.Parse(share.AsSpan(0, share.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture))
                    : refusal;
            default:
                return refusal;
        }
    }

    private static Refusal? CheckRetry(RetryConfig? retry)
    {
        const string Path = "rolloutConfig.retryConfig";
        var refusal = Within(retry?.MaxRetries, 0, 10, $"{Path}.maxRetries")
            ?? Within(retry?.AttemptTimeoutMinutes, 1, 1440, $"{Path}.attemptTimeoutMinutes");
        if (refusal is not null)
        {
            return refusal;
        }

        if (retry?.BackoffMinutes is not { } backoff)
        {
            return null;
        }

        if (backoff.Count is < 1 or > 10)
        {
            return Refusal.Invalid($"{Path}.backoffMinutes must have 1 to 10 entries.", $"{Path}.backoffMinutes");
        }

        for (var i = 0; i < backoff.Count; i++)
        {
            if (Within(backoff[i], 1, WeekInMinutes, $"{Path}.backoffMinutes[{i}]") is { } bad)
            {
                return bad;
            }
        }

        return null;
    }

    private static Refusal? Within(int? value, int least, int most, string path) => value is { } number && (number < least || number > most)
        ? Refusal.Invalid(
            most == int.MaxValue
                ? $"{path} must be at least {least}."
                : string.Create(CultureInfo.InvariantCulture, $"{path} must be from {least} to {most}."),
            path)
        : null;
}
