using System.Text.Json;

namespace Breeze.Core.Fleet;

/// <summary>Which devices of one organization are meant.</summary>
public abstract record TargetSpec
{
    public const int MaxDevices = 20_000;
    public const int MaxGroups = 200;

    public sealed record Devices(IReadOnlyList<DeviceId> Ids) : TargetSpec;

    public sealed record Groups(IReadOnlyList<GroupId> Ids) : TargetSpec;

    public sealed record Filter(FilterGroup Tree) : TargetSpec;

    public sealed record All : TargetSpec;

    /// <summary>The word of <c>targetType</c>.</summary>
    public string Type => this switch { Devices => "devices", Groups => "groups", Filter => "filter", _ => "all" };

    /// <summary>Reads a <c>targetConfig</c>: <c>{type, deviceIds | groupIds | filter}</c>, nothing else in it. Repeated ids count once.</summary>
    /// <param name="config">The object as it came; null is refused.</param>
    /// <param name="path">What it is called in the body, for refusals.</param>
    /// <param name="fields">The fields its filter may name.</param>
    /// <param name="type">The type where the body gives it beside the config (<c>targetType</c>) and the config does not; else null.</param>
    public static Answer<TargetSpec> Parse(JsonElement? config, string path, FilterFields fields, string? type = null)
    {
        if (config is not { ValueKind: JsonValueKind.Object } given)
        {
            return Refusal.Invalid($"{path} is required and must be an object.", path);
        }

        if (given.TryGetProperty("type", out var named) && named.ValueKind != JsonValueKind.Null && !JsonText.TryRead(named, out type))
        {
            return Refusal.Invalid($"{path}.type must be text.", $"{path}.type");
        }

        var member = type switch { "devices" => "deviceIds", "groups" => "groupIds", "filter" => "filter", "all" => null, _ => "?" };
        if (member == "?")
        {
            return Refusal.Invalid($"{path}.type must be devices, groups, filter or all.", $"{path}.type");
        }

        foreach (var other in given.EnumerateObject())
        {
            if (other.Name != "type" && other.Name != member && other.Value.ValueKind != JsonValueKind.Null)
            {
                var at = $"{path}.{Shown.Text(other.Name)}";
                return Refusal.Invalid($"{at} does not belong to targets of type {type}.", at);
            }
        }

        var value = member is not null && given.TryGetProperty(member, out var found) ? found : default;
        return type switch
        {
            "devices" => Ids<DeviceId>(value, $"{path}.deviceIds", MaxDevices) switch
            {
                { Refusal: { } refused } => refused,
                var ids => new Devices(ids.Value!),
            },
            "groups" => Ids<GroupId>(value, $"{path}.groupIds", MaxGroups) switch
            {
                { Refusal: { } refused } => refused,
                var ids => new Groups(ids.Value!),
            },
            "filter" => FilterParser.Parse(value, $"{path}.filter", fields) switch
            {
                { Refusal: { } refused } => refused,
                var tree => new Filter(tree.Value!),
            },
            _ => new All(),
        };
    }

    private static Answer<IReadOnlyList<TId>> Ids<TId>(JsonElement list, string path, int most)
        where TId : struct, IEntityId<TId>
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() < 1 || list.GetArrayLength() > most)
        {
            return Refusal.Invalid($"{path} must be a list of 1 to {most} ids.", path);
        }

        var ids = new List<TId>(list.GetArrayLength());
        var seen = new HashSet<Guid>();
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            if (!JsonText.TryRead(item, out var text) || !Guid.TryParseExact(text, "D", out var id))
            {
                var at = $"{path}[{index}]";
                return Refusal.Invalid($"{at} must be an id (a GUID).", at);
            }

            if (seen.Add(id))
            {
                ids.Add(TId.From(id));
            }
        }

        return ids;
    }
}
