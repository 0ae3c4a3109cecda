using System.Text.Json;

namespace Breeze.Core.Deployments;

/// <summary>Reads a deployment's payload as its type has it, or says which member is at fault.</summary>
public static class PayloadParsing
{
    private const int MostPatches = 1_000;

    /// <summary>Refused (400) on a member that is missing, unknown or malformed. That what it names exists is for the database to say.</summary>
    /// <param name="type">One of <see cref="WorkTypes"/>.</param>
    public static Answer<WorkPayload> Parse(string type, JsonElement? payload) => type switch
    {
        WorkTypes.Script => ParseScript(payload),
        WorkTypes.Patch => ParsePatches(payload),
        WorkTypes.Software => ParseId(payload, type, "packageId", id => new SoftwarePackagePayload(id)),
        WorkTypes.Policy => ParseId(payload, type, "policyId", id => new PolicyPayload(id)),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a deployment type."),
    };

    private static Answer<WorkPayload> ParseId(JsonElement? payload, string type, string name, Func<Guid, WorkPayload> make)
    {
        if (Only(payload, type, name) is { } refusal)
        {
            return refusal;
        }

        return payload!.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id)
            ? make(id)
            : Refusal.Invalid($"payload.{name} is required: a GUID.", $"payload.{name}");
    }

    private static Answer<WorkPayload> ParsePatches(JsonElement? payload)
    {
        if (Only(payload, WorkTypes.Patch, "patchIds") is { } refusal)
        {
            return refusal;
        }

        if (!payload!.Value.TryGetProperty("patchIds", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MostPatches)
        {
            return Refusal.Invalid($"payload.patchIds is required: a list of 1 to {MostPatches} patch ids.", "payload.patchIds");
        }

        var ids = new List<Guid>();
        foreach (var (item, i) in list.EnumerateArray().Select((item, i) => (item, i)))
        {
            if (item.ValueKind != JsonValueKind.String || !item.TryGetGuid(out var id))
            {
                return Refusal.Invalid($"payload.patchIds[{i}] must be a GUID.", $"payload.patchIds[{i}]");
            }

            ids.Add(id);
        }

        return new PatchPayload([.. ids.Distinct()]);
    }

    private static Refusal? Only(JsonElement? payload, string type, string name)
    {
        if (payload is not { ValueKind: JsonValueKind.Object } json)
        {
            return Refusal.Invalid($"payload is required: {{{name}}}.", "payload");
        }

        var other = json.EnumerateObject().Select(m => m.Name).FirstOrDefault(n => n != name);
        return other is null ? null : Refusal.Invalid(
            $"payload.{DeploymentParsing.Shorten(other)} is not known for type {type}.", $"payload.{DeploymentParsing.Shorten(other)}");
    }

    private static Answer<WorkPayload> ParseScript(JsonElement? payload)
    {
        if (payload is not { ValueKind: JsonValueKind.Object } json)
        {
            return Refusal.Invalid("payload is required: {scriptId, parameters, rollbackScriptId?}.", "payload");
        }

        Guid? script = null;
        Guid? rollback = null;
        JsonElement? parameters = null;
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
                    if (member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                    {
                        return Refusal.Invalid("payload.parameters must be an object of names and values.", "payload.parameters");
                    }

                    parameters = member.Value.ValueKind == JsonValueKind.Object ? member.Value : null;
                    break;
                default:
                    return Refusal.Invalid($"payload.{DeploymentParsing.Shorten(member.Name)} is not known for type script.", $"payload.{DeploymentParsing.Shorten(member.Name)}");
            }
        }

        return script is { } scriptId
            ? new ScriptPayload(new ScriptId(scriptId), parameters, rollback is { } r ? new ScriptId(r) : null)
            : Refusal.Invalid("payload.scriptId is required.", "payload.scriptId");
    }
}
