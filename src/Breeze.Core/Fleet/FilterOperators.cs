using System.Collections.Frozen;

namespace Breeze.Core.Fleet;

/// <summary>The operators of the filter grammar, and which fit which kind of field.</summary>
internal static class FilterOperators
{
    private static readonly FrozenDictionary<string, (FilterTest Test, bool Negated)> ByName =
        new Dictionary<string, (FilterTest, bool)>(StringComparer.Ordinal)
        {
            ["equals"] = (FilterTest.Equal, false),
            ["notEquals"] = (FilterTest.Equal, true),
            ["contains"] = (FilterTest.Contains, false),
            ["notContains"] = (FilterTest.Contains, true),
            ["startsWith"] = (FilterTest.StartsWith, false),
            ["notStartsWith"] = (FilterTest.StartsWith, true),
            ["endsWith"] = (FilterTest.EndsWith, false),
            ["notEndsWith"] = (FilterTest.EndsWith, true),
            ["in"] = (FilterTest.In, false),
            ["notIn"] = (FilterTest.In, true),
            ["greaterThan"] = (FilterTest.GreaterThan, false),
            ["notGreaterThan"] = (FilterTest.GreaterThan, true),
            ["greaterThanOrEquals"] = (FilterTest.GreaterThanOrEqual, false),
            ["notGreaterThanOrEquals"] = (FilterTest.GreaterThanOrEqual, true),
            ["lessThan"] = (FilterTest.LessThan, false),
            ["notLessThan"] = (FilterTest.LessThan, true),
            ["lessThanOrEquals"] = (FilterTest.LessThanOrEqual, false),
            ["notLessThanOrEquals"] = (FilterTest.LessThanOrEqual, true),
            ["between"] = (FilterTest.Between, false),
            ["notBetween"] = (FilterTest.Between, true),
            ["before"] = (FilterTest.Before, false),
            ["notBefore"] = (FilterTest.Before, true),
            ["after"] = (FilterTest.After, false),
            ["notAfter"] = (FilterTest.After, true),
            ["withinLast"] = (FilterTest.WithinLast, false),
            ["notWithinLast"] = (FilterTest.WithinLast, true),
            ["hasAny"] = (FilterTest.HasAny, false),
            ["notHasAny"] = (FilterTest.HasAny, true),
            ["hasAll"] = (FilterTest.HasAll, false),
            ["notHasAll"] = (FilterTest.HasAll, true),
            ["isEmpty"] = (FilterTest.IsEmpty, false),
            ["isNotEmpty"] = (FilterTest.IsEmpty, true),
            ["isNull"] = (FilterTest.IsNull, false),
            ["isNotNull"] = (FilterTest.IsNull, true),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<FieldKind, FilterTest[]> ByKind = new Dictionary<FieldKind, FilterTest[]>
    {
        [FieldKind.Text] =
        [
            FilterTest.Equal, FilterTest.Contains, FilterTest.StartsWith, FilterTest.EndsWith, FilterTest.In,
            FilterTest.IsEmpty, FilterTest.IsNull,
        ],
        [FieldKind.Choice] = [FilterTest.Equal, FilterTest.In],
        [FieldKind.Id] = [FilterTest.Equal, FilterTest.In],
        [FieldKind.IdSet] = [FilterTest.Equal, FilterTest.In, FilterTest.HasAny, FilterTest.HasAll],
        [FieldKind.TextSet] = [FilterTest.Contains, FilterTest.HasAny, FilterTest.HasAll, FilterTest.IsEmpty],
        [FieldKind.Time] =
            [FilterTest.Before, FilterTest.After, FilterTest.Between, FilterTest.WithinLast, FilterTest.IsNull],
        [FieldKind.Number] =
        [
            FilterTest.Equal, FilterTest.In, FilterTest.GreaterThan, FilterTest.GreaterThanOrEqual, FilterTest.LessThan,
            FilterTest.LessThanOrEqual, FilterTest.Between, FilterTest.IsNull,
        ],
        [FieldKind.Custom] =
        [
            FilterTest.Equal, FilterTest.Contains, FilterTest.StartsWith, FilterTest.EndsWith, FilterTest.In,
            FilterTest.GreaterThan, FilterTest.GreaterThanOrEqual, FilterTest.LessThan, FilterTest.LessThanOrEqual,
            FilterTest.Between, FilterTest.IsEmpty, FilterTest.IsNull,
        ],
    }.ToFrozenDictionary();

    public static bool TryFind(string name, out FilterTest test, out bool negated)
    {
        var found = ByName.TryGetValue(name, out var entry);
        (test, negated) = entry;
        return found;
    }

    public static bool Fits(FieldKind kind, FilterTest test) => ByKind[kind].Contains(test);

    /// <summary>The operators of a kind, in the grammar's order, for a refusal that says what would do.</summary>
    public static string Of(FieldKind kind) => string.Join(", ", Order.Where(name => Fits(kind, ByName[name].Test)));

    public static string All => string.Join(", ", Order);

    private static readonly string[] Order =
    [
        "equals", "notEquals", "contains", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith", "in", "notIn",
        "greaterThan", "greaterThanOrEquals", "lessThan", "lessThanOrEquals", "between", "notBetween", "before", "notBefore",
        "after", "notAfter", "withinLast", "notWithinLast", "hasAny", "notHasAny", "hasAll", "notHasAll",
        "isEmpty", "isNotEmpty", "isNull", "isNotNull",
    ];
}
