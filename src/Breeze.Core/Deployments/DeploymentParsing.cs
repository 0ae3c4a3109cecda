using System.Globalization;
using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>Turns a body into a <see cref="DeploymentSpec"/>, or says in one sentence which member is at fault.</summary>
public static class DeploymentParsing
{
    private const int MaxTargets = 20_000;

    /// <summary>Refused (400) on the first member that is missing, out of range or contradicts another.</summary>
    public static Answer<DeploymentSpec> Parse(DeploymentBody body)
    {
        if (ParseName(body.Name) is { } badName)
        {
            return badName;
        }

        if (ParseType(body.Type) is { } badType)
        {
            return badType;
        }

        var payload = ParseScript(body.Payload);
        if (payload.IsRefused)
        {
            return payload.Refusal!;
        }

        var target = ParseTarget(body.TargetType, body.TargetConfig);
        if (target.IsRefused)
        {
            return target.Refusal!;
        }

        var plan = RolloutParsing.Parse(body.RolloutConfig);
        return plan.IsRefused
            ? plan.Refusal!
            : new DeploymentSpec(body.Name!.Trim(), body.Type!, payload.Value!, target.Value!, plan.Value!);
    }

    /// <summary>The target alone, for <c>POST /targets/preview</c>. The filter's own grammar is checked by the fleet.</summary>
    public static Answer<TargetConfig> ParseTarget(string? targetType, TargetConfig? config)
    {
        if (config is null)
        {
            return targetType == "all"
                ? new TargetConfig { Type = "all" }
                : Refusal.Invalid("targetConfig is required.", "targetConfig");
        }

        var type = config.Type ?? targetType;
        if (targetType is not null && config.Type is not null && targetType != config.Type)
        {
            return Refusal.Invalid($"targetType ({targetType}) and targetConfig.type ({config.Type}) differ.", "targetType");
        }

        if (Foreign(type, config) is { } foreign)
        {
            return Refusal.Invalid($"{foreign} does not belong to a target of type {type}.", $"targetConfig.{foreign}");
        }

        return type switch
        {
            "devices" => Ids(config.DeviceIds, "deviceIds") is { } refusal ? refusal : new TargetConfig { Type = type, DeviceIds = config.DeviceIds!.Distinct().ToList() },
            "groups" => Ids(config.GroupIds, "groupIds") is { } refusal ? refusal : new TargetConfig { Type = type, GroupIds = config.GroupIds!.Distinct().ToList() },
            "filter" when config.Filter is { ValueKind: JsonValueKind.Object } filter => new TargetConfig { Type = type, Filter = filter },
            "filter" => Refusal.Invalid("targetConfig.filter must be an object with an operator and conditions.", "targetConfig.filter"),
            "all" => new TargetConfig { Type = type },
            null => Refusal.Invalid("targetType is required: devices, groups, filter or all.", "targetType"),
            _ => Refusal.Invalid($"'{Shorten(type)}' is not a target type: use devices, groups, filter or all.", "targetType"),
        };
    }

    private static Refusal? ParseName(string? name) => name?.Trim().Length switch
    {
        null or 0 => Refusal.Invalid("name is required.", "name"),
        > 200 => Refusal.Invalid("name is longer than 200 characters.", "name"),
        _ => name.Contains('\0', StringComparison.Ordinal) ? Refusal.Invalid("name contains a NUL character.", "name") : null,
    };

    private static Refusal? ParseType(string? type) => type switch
    {
        "script" => null,
        "patch" or "software" or "policy" => Refusal.Invalid($"Deployments of type {type} are not available yet; only script is.", "type"),
        null => Refusal.Invalid("type is required: script, patch, software or policy.", "type"),
        _ => Refusal.Invalid($"'{Shorten(type)}' is not a deployment type: use script, patch, software or policy.", "type"),
    };

    private static Answer<ScriptPayload> ParseScript(JsonElement? payload)
    {
        if (payload is not { ValueKind: JsonValueKind.Object } json)
        {
            return Refusal.Invalid("payload is required: {scriptId, parameters, rollbackScriptId?}.", "payload");
        }

        Guid? script = null;
        Guid? rollback = null;
        Dictionary<string, string> parameters = [];
        foreach (var member in json.EnumerateObject())
        {
            switch (member.Name)
            {
                case "scriptId" or "rollbackScriptId":
                    if (member.Value.ValueKind == JsonValueKind.Null && member.Name == "rollbackScriptId")
                    {
                        break;
                    }

                    if (member.Value.ValueKind != JsonValueKind.String || !member.Value.TryGetGuid(out var id))
                    {
                        return Refusal.Invalid($"payload.{member.Name} must be a GUID.", $"payload.{member.Name}");
                    }

                    if (member.Name == "scriptId")
                    {
                        script = id;
                    }
                    else
                    {
                        rollback = id;
                    }

                    break;
                case "parameters":
                    if (ParseParameters(member.Value, parameters) is { } refusal)
                    {
                        return refusal;
                    }

                    break;
                default:
                    return Refusal.Invalid($"payload.{Shorten(member.Name)} is not known for type script.", $"payload.{Shorten(member.Name)}");
            }
        }

        return script is { } scriptId
            ? new ScriptPayload(new ScriptId(scriptId), parameters, rollback is { } r ? new ScriptId(r) : null)
            : Refusal.Invalid("payload.scriptId is required.", "payload.scriptId");
    }

    private static Refusal? ParseParameters(JsonElement value, Dictionary<string, string> into)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return Refusal.Invalid("payload.parameters must be an object.", "payload.parameters");
        }

        foreach (var parameter in value.EnumerateObject())
        {
            var path = $"payload.parameters.{Shorten(parameter.Name)}";
            string? text = parameter.Value.ValueKind switch
            {
                JsonValueKind.String => parameter.Value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => parameter.Value.GetRawText(),
                _ => null,
            };
            if (text is null || text.Length > 32_768 || text.Contains('\0', StringComparison.Ordinal))
            {
                return Refusal.Invalid($"{path} must be text, a number or a boolean of at most 32,768 characters.", path);
            }

            into[parameter.Name] = text;
        }

        return null;
    }

    private static string? Foreign(string? type, TargetConfig config) =>
        config.DeviceIds is not null && type != "devices" ? "deviceIds"
        : config.GroupIds is not null && type != "groups" ? "groupIds"
        : config.Filter is not null && type != "filter" ? "filter"
        : null;

    private static Refusal? Ids(IReadOnlyList<Guid>? ids, string member) => ids?.Count switch
    {
        null or 0 => Refusal.Invalid($"targetConfig.{member} must name at least one.", $"targetConfig.{member}"),
        > MaxTargets => Refusal.Invalid($"targetConfig.{member} names more than {MaxTargets.ToString(CultureInfo.InvariantCulture)}; use a group or a filter.", $"targetConfig.{member}"),
        _ => null,
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
