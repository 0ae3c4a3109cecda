namespace Breeze.Core.Fleet;

/// <summary>A checked filter: every field exists, every operator fits its field, every value its operator.</summary>
/// <remarks>A condition is true or false, never unknown: a device without the value fails the test, and passes its negation.</remarks>
public abstract record FilterNode
{
    /// <summary>All conditions of the tree, depth first.</summary>
    public IEnumerable<FilterCondition> AllConditions => this switch
    {
        FilterCondition condition => [condition],
        FilterGroup group => group.Conditions.SelectMany(c => c.AllConditions),
        _ => [],
    };
}

/// <summary>Conditions joined by AND (<paramref name="All"/>) or OR; never empty.</summary>
public sealed record FilterGroup(bool All, IReadOnlyList<FilterNode> Conditions) : FilterNode;

/// <summary>One test of one field.</summary>
/// <param name="Field">What is tested.</param>
/// <param name="Test">How, as the positive operator.</param>
/// <param name="Negated">Whether the operator was the negation of <paramref name="Test"/>.</param>
/// <param name="Value">What it is tested against.</param>
/// <param name="Path">Where it stands in the body, for refusals that need the database to be seen (an unknown group).</param>
public sealed record FilterCondition(FilterField Field, FilterTest Test, bool Negated, FilterValue Value, string Path) : FilterNode;

public enum FilterTest
{
    Equal,
    Contains,
    StartsWith,
    EndsWith,
    In,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Between,
    Before,
    After,
    WithinLast,
    HasAny,
    HasAll,
    IsEmpty,
    IsNull,
}

/// <summary>What a condition compares with.</summary>
public abstract record FilterValue
{
    public static FilterValue None { get; } = new NoValue();

    public sealed record NoValue : FilterValue;

    public sealed record Texts(IReadOnlyList<string> Items) : FilterValue;

    public sealed record Ids(IReadOnlyList<Guid> Items) : FilterValue;

    public sealed record Numbers(IReadOnlyList<double> Items) : FilterValue;

    /// <summary>One instant, or two for <see cref="FilterTest.Between"/> (both ends belong to it).</summary>
    public sealed record Times(IReadOnlyList<DateTimeOffset> Items) : FilterValue;

    public sealed record Span(TimeSpan Length) : FilterValue;
}
