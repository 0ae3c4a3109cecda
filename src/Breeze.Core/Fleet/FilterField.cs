using System.Diagnostics.CodeAnalysis;

namespace Breeze.Core.Fleet;

/// <summary>What a filter field holds; it decides which operators and values fit.</summary>
public enum FieldKind
{
    /// <summary>Text, compared without regard to case.</summary>
    Text,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>One id.</summary>
    Id,

    /// <summary>Several ids (the groups of a device).</summary>
    IdSet,

    /// <summary>Several words, compared exactly (tags).</summary>
    TextSet,

    /// <summary>An instant.</summary>
    Time,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A custom field: text, or a number where its text is one.</summary>
    Custom,
}

/// <summary>A field that filters may name.</summary>
/// <param name="Name">As written in a filter; <c>custom.NAME</c> for a custom field.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Choices">The words of a <see cref="FieldKind.Choice"/>; empty for every other kind.</param>
public sealed record FilterField(string Name, FieldKind Kind, params IReadOnlyList<string> Choices)
{
    public const string CustomPrefix = "custom.";

    /// <summary>The name after <c>custom.</c>; only for <see cref="FieldKind.Custom"/>.</summary>
    public string CustomName => Name[CustomPrefix.Length..];
}

/// <summary>The fields that this installation knows: the fleet's own, and those that other features registered.</summary>
public sealed class FilterFields(IEnumerable<FilterField> registered)
{
    private readonly Dictionary<string, FilterField> _byName = registered.ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The fleet's own fields. Custom fields are not listed: any <c>custom.NAME</c> with a good name is one.</summary>
    public static IReadOnlyList<FilterField> OfTheFleet { get; } =
    [
        new("hostname", FieldKind.Text),
        new("displayName", FieldKind.Text),
        new("status", FieldKind.Choice, "online", "offline", "decommissioned"),
        new("osType", FieldKind.Choice, "windows", "macos", "linux"),
        new("osVersion", FieldKind.Text),
        new("architecture", FieldKind.Text),
        new("agentVersion", FieldKind.Text),
        new("tags", FieldKind.TextSet),
        new("siteId", FieldKind.Id),
        new("groupId", FieldKind.IdSet),
        new("lastSeenAt", FieldKind.Time),
        new("enrolledAt", FieldKind.Time),
    ];

    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    public bool TryFind(string name, [NotNullWhen(true)] out FilterField? field)
    {
        if (_byName.TryGetValue(name, out field))
        {
            return true;
        }

        field = name.StartsWith(FilterField.CustomPrefix, StringComparison.Ordinal)
            && CustomFields.IsName(name[FilterField.CustomPrefix.Length..])
            ? new FilterField(name, FieldKind.Custom)
            : null;
        return field is not null;
    }
}
