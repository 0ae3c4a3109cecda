using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Agent.Hosting;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Policies;

/// <summary>The policy that was applied to this device: one file, replaced whole.</summary>
public sealed class DevicePolicy
{
    private readonly string _path;
    private KeptPolicy? _kept;

    public DevicePolicy(string path)
    {
        _path = path;
        _kept = PrivateFile.Read(path, PolicyJson.Default.KeptPolicy);
    }

    public Guid? Id => _kept?.PolicyId;

    /// <summary>The sources that a scan looks at when it names none; null: all that the device has.</summary>
    public IReadOnlyList<string>? Sources => _kept is { } kept && SourcesOf(kept.Settings) is { Count: > 0 } sources ? sources : null;

    /// <summary>Why these settings cannot be kept; null when they can. What this agent does not know is kept for one that does.</summary>
    public static string? Refusal(JsonElement settings)
    {
        if (settings.ValueKind != JsonValueKind.Object)
        {
            return "settings must be an object.";
        }

        return !settings.TryGetProperty("sources", out var sources) || sources.ValueKind == JsonValueKind.Null ? null
            : sources.ValueKind == JsonValueKind.Array
                && sources.EnumerateArray().All(source => source.ValueKind == JsonValueKind.String && PatchSources.All.Contains(source.GetString())) ? null
            : $"settings.sources must be a list of {string.Join(", ", PatchSources.All)}.";
    }

    /// <summary>Keeps it in place of the one before; on the disk when it returns.</summary>
    /// <exception cref="IOException">It could not be written; the one before still holds.</exception>
    public AppliedPolicy Apply(ApplyPolicyPayload policy, DateTimeOffset now)
    {
        var previous = Id;
        var kept = new KeptPolicy(policy.PolicyId, now, policy.Settings.Clone());
        PrivateFile.Write(_path, kept, PolicyJson.Default.KeptPolicy);
        _kept = kept;
        return new AppliedPolicy(policy.PolicyId, now, previous);
    }

    private static List<string>? SourcesOf(JsonElement settings) =>
        settings.TryGetProperty("sources", out var sources) && sources.ValueKind == JsonValueKind.Array
            ? [.. sources.EnumerateArray().Select(source => source.GetString()!).Distinct()]
            : null;
}

/// <summary>As it is in the file.</summary>
public sealed record KeptPolicy(Guid PolicyId, DateTimeOffset AppliedAt, JsonElement Settings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(KeptPolicy))]
internal sealed partial class PolicyJson : JsonSerializerContext;
