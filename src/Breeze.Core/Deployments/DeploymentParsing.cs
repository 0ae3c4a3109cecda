using System.Text.Json;
using Breeze.Contracts.Deployments;
using Breeze.Core.Fleet;

namespace Breeze.Core.Deployments;

/// <summary>Turns a body into a <see cref="DeploymentSpec"/>, or says in one sentence which member is at fault.</summary>
public static class DeploymentParsing
{
    private static readonly JsonSerializerOptions GivenMembers = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Refused (400) on the first member that is missing, out of range or contradicts another.</summary>
    /// <param name="fields">The fields a target's filter may name.</param>
    public static Answer<DeploymentSpec> Parse(DeploymentBody body, FilterFields fields)
    {
        if (ParseName(body.Name) is { } badName)
        {
            return badName;
        }

        if (ParseType(body.Type) is { } badType)
        {
            return badType;
        }

        var payload = PayloadParsing.Parse(body.Type!, body.Payload);
        if (payload.IsRefused)
        {
            return payload.Refusal!;
        }

        var target = ParseTarget(body.TargetType, body.TargetConfig, fields);
        if (target.IsRefused)
        {
            return target.Refusal!;
        }

        var plan = RolloutParsing.Parse(body.RolloutConfig);
        return plan.IsRefused
            ? plan.Refusal!
            : new DeploymentSpec(body.Name!.Trim(), body.Type!, payload.Value!, target.Value!, plan.Value!);
    }

    /// <summary>The target alone, as <c>POST /targets/preview</c> takes it too.</summary>
    /// <returns>The config with its type filled in.</returns>
    public static Answer<TargetConfig> ParseTarget(string? targetType, TargetConfig? config, FilterFields fields)
    {
        if (config is null && targetType != "all")
        {
            return Refusal.Invalid("targetConfig is required.", "targetConfig");
        }

        config ??= new TargetConfig();
        if (targetType is not null && config.Type is not null && targetType != config.Type)
        {
            return Refusal.Invalid($"targetType ({Shorten(targetType)}) and targetConfig.type ({Shorten(config.Type)}) differ.", "targetType");
        }

        var filled = config with { Type = config.Type ?? targetType };
        if (filled.Type is null)
        {
            return Refusal.Invalid("targetType is required: devices, groups, filter or all.", "targetType");
        }

        return Read(filled, fields).Refusal is { } refusal ? refusal : filled;
    }

    /// <summary>A config that was found good, as the fleet resolves it.</summary>
    public static TargetSpec Spec(TargetConfig config, FilterFields fields) => Read(config, fields).Value!;

    private static Answer<TargetSpec> Read(TargetConfig config, FilterFields fields) =>
        TargetSpec.Parse(JsonSerializer.SerializeToElement(config, GivenMembers), "targetConfig", fields);

    private static Refusal? ParseName(string? name) => name?.Trim().Length switch
    {
        null or 0 => Refusal.Invalid("name is required.", "name"),
        > 200 => Refusal.Invalid("name is longer than 200 characters.", "name"),
        _ => name.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("name contains a NUL character.", "name") : null,
    };

    private static Refusal? ParseType(string? type) => type switch
    {
        WorkTypes.Script or WorkTypes.Patch or WorkTypes.Software or WorkTypes.Policy => null,
        null => Refusal.Invalid("type is required: script, patch, software or policy.", "type"),
        _ => Refusal.Invalid($"'{Shorten(type)}' is not a deployment type: use script, patch, software or policy.", "type"),
    };

    internal static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
