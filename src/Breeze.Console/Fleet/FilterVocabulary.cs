namespace Breeze.Console.Fleet;

/// <summary>What a filter's field holds; it decides the operators and the input for a value.</summary>
public enum FilterKind
{
    Text,
    Choice,
    Site,
    Group,
    Tags,
    Time,
    Number,
    Custom,
}

/// <summary>What an operator wants to be compared with.</summary>
public enum FilterShape
{
    None,
    One,
    List,
    Two,
    Span,
}

/// <param name="Name">As the server knows it.</param>
/// <param name="Text">As a person reads it.</param>
/// <param name="Choices">The words of a <see cref="FilterKind.Choice"/>.</param>
public sealed record FilterField(string Name, string Text, FilterKind Kind, params IReadOnlyList<string> Choices);

/// <summary>The fields and operators of the filter grammar, in the order in which they are offered.</summary>
public static class FilterVocabulary
{
    public const int MaxDepth = 5;
    public const int MaxConditions = 100;
    public const string CustomPrefix = "custom.";

    public static IReadOnlyList<FilterField> Fields { get; } =
    [
        new("hostname", "Hostname", FilterKind.Text),
        new("displayName", "Display name", FilterKind.Text),
        new("status", "Status", FilterKind.Choice, "online", "offline", "decommissioned"),
        new("tags", "Tags", FilterKind.Tags),
        new("siteId", "Site", FilterKind.Site),
        new("groupId", "Group", FilterKind.Group),
        new("osType", "Operating system", FilterKind.Choice, "windows", "macos", "linux"),
        new("osVersion", "System version", FilterKind.Text),
        new("architecture", "Architecture", FilterKind.Text),
        new("agentVersion", "Agent version", FilterKind.Text),
        new("patches.pending", "Patches pending", FilterKind.Number),
        new("lastSeenAt", "Last seen", FilterKind.Time),
        new("enrolledAt", "Enrolled", FilterKind.Time),
        new(CustomPrefix, "Custom field", FilterKind.Custom),
    ];

    /// <summary>A field by its name, any <c>custom.NAME</c> among them; one that is not known reads as text.</summary>
    public static FilterField Field(string name) =>
        Fields.FirstOrDefault(f => f.Name == name || (f.Kind == FilterKind.Custom && name.StartsWith(CustomPrefix, StringComparison.Ordinal)))
        ?? new FilterField(name, name, FilterKind.Text);

    /// <summary>The operators that fit, with the words that join field and value to a sentence.</summary>
    public static IReadOnlyList<(string Name, string Text)> Operators(FilterKind kind) => kind switch
    {
        FilterKind.Text => [.. Words, .. Several, .. Emptiness, .. Presence],
        FilterKind.Choice or FilterKind.Site => [.. Sameness, .. Several],
        FilterKind.Group =>
        [
            ("equals", "is in"), ("notEquals", "is not in"), ("hasAny", "is in any of"), ("notHasAny", "is in none of"),
            ("hasAll", "is in all of"), ("notHasAll", "is not in all of"), ("in", "is in one of"), ("notIn", "is not in one of"),
        ],
        FilterKind.Tags =>
        [
            ("contains", "have"), ("notContains", "do not have"), ("hasAny", "have any of"), ("notHasAny", "have none of"),
            ("hasAll", "have all of"), ("notHasAll", "do not have all of"), ("isEmpty", "are none at all"), ("isNotEmpty", "are at least one"),
        ],
        FilterKind.Time =>
        [
            ("withinLast", "within the last"), ("notWithinLast", "not within the last"), ("before", "before"), ("notBefore", "not before"),
            ("after", "after"), ("notAfter", "not after"), .. Range, ("isNull", "never"), ("isNotNull", "ever"),
        ],
        FilterKind.Number => [.. Sameness, .. Size, .. Range, .. Several, .. Presence],
        _ => [.. Words, .. Size, .. Range, .. Several, .. Emptiness, .. Presence],
    };

    public static FilterShape Shape(string op) => op switch
    {
        "isEmpty" or "isNotEmpty" or "isNull" or "isNotNull" => FilterShape.None,
        "in" or "notIn" or "hasAny" or "notHasAny" or "hasAll" or "notHasAll" => FilterShape.List,
        "between" or "notBetween" => FilterShape.Two,
        "withinLast" or "notWithinLast" => FilterShape.Span,
        _ => FilterShape.One,
    };

    /// <summary>Whether the value is a number: always of such a field, and for a comparison by size of a custom one.</summary>
    public static bool IsNumber(FilterKind kind, string op) =>
        kind == FilterKind.Number
        || (kind == FilterKind.Custom && (op.Contains("Than", StringComparison.Ordinal) || Shape(op) == FilterShape.Two));

    private static readonly (string, string)[] Sameness = [("equals", "is"), ("notEquals", "is not")];

    private static readonly (string, string)[] Words =
    [
        .. Sameness, ("contains", "contains"), ("notContains", "does not contain"), ("startsWith", "starts with"),
        ("notStartsWith", "does not start with"), ("endsWith", "ends with"), ("notEndsWith", "does not end with"),
    ];

    private static readonly (string, string)[] Several = [("in", "is one of"), ("notIn", "is none of")];

    private static readonly (string, string)[] Size =
    [
        ("greaterThan", "is greater than"), ("greaterThanOrEquals", "is at least"), ("lessThan", "is less than"), ("lessThanOrEquals", "is at most"),
        ("notGreaterThan", "is not greater than"), ("notGreaterThanOrEquals", "is not at least"),
        ("notLessThan", "is not less than"), ("notLessThanOrEquals", "is not at most"),
    ];

    private static readonly (string, string)[] Range = [("between", "is between"), ("notBetween", "is not between")];
    private static readonly (string, string)[] Emptiness = [("isEmpty", "is empty"), ("isNotEmpty", "is not empty")];
    private static readonly (string, string)[] Presence = [("isNull", "has no value"), ("isNotNull", "has a value")];
}
