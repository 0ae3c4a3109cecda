using System.Globalization;
using Breeze.Core.Fleet;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>What a filter means, said in the plainest way: the reference that the SQL is held to.</summary>
internal static class PlainFilter
{
    public static bool Matches(FilterNode node, TestDevice device, Guid defaultSite, DateTimeOffset now) => node switch
    {
        FilterGroup { All: true } group => group.Conditions.All(c => Matches(c, device, defaultSite, now)),
        FilterGroup group => group.Conditions.Any(c => Matches(c, device, defaultSite, now)),
        FilterCondition condition => Test(condition, device, defaultSite, now) != condition.Negated,
        _ => throw new InvalidOperationException(),
    };

    private static bool Test(FilterCondition c, TestDevice device, Guid defaultSite, DateTimeOffset now) => c.Field.Name switch
    {
        "hostname" => Text(c, device.Hostname),
        "displayName" => Text(c, device.DisplayName),
        "osVersion" => Text(c, device.OsVersion),
        "architecture" => Text(c, device.Architecture),
        "agentVersion" => Text(c, device.AgentVersion),
        "osType" => ((FilterValue.Texts)c.Value).Items.Contains(device.OsType),
        "status" => ((FilterValue.Texts)c.Value).Items.Contains(device.Status),
        "tags" => Set(c.Test, device.Tags, (c.Value as FilterValue.Texts)?.Items ?? []),
        "siteId" => ((FilterValue.Ids)c.Value).Items.Contains(device.Site ?? defaultSite),
        "groupId" => Set(c.Test, device.Groups, ((FilterValue.Ids)c.Value).Items),
        "lastSeenAt" => Time(c, device.LastSeenAt(now), now),
        "enrolledAt" => Time(c, device.EnrolledAt, now),
        _ => Custom(c, device.Fields.GetValueOrDefault(c.Field.CustomName)),
    };

    private static bool Set<T>(FilterTest test, IReadOnlyList<T> has, IReadOnlyList<T> wanted) => test switch
    {
        FilterTest.IsEmpty => has.Count == 0,
        FilterTest.HasAll => wanted.All(has.Contains),
        _ => wanted.Any(has.Contains),
    };

    private static bool Text(FilterCondition c, string? value)
    {
        if (c.Test is FilterTest.IsNull or FilterTest.IsEmpty)
        {
            return value is null || (c.Test == FilterTest.IsEmpty && value.Length == 0);
        }

        var wanted = ((FilterValue.Texts)c.Value).Items.Select(Fold).ToList();
        return value is not null && c.Test switch
        {
            FilterTest.Contains => Fold(value).Contains(wanted[0], StringComparison.Ordinal),
            FilterTest.StartsWith => Fold(value).StartsWith(wanted[0], StringComparison.Ordinal),
            FilterTest.EndsWith => Fold(value).EndsWith(wanted[0], StringComparison.Ordinal),
            _ => wanted.Contains(Fold(value), StringComparer.Ordinal),
        };

        // Names are anybody's text in any script; the rest is machine text, where only ASCII letters have two cases.
        string Fold(string text) => c.Field.Name is "hostname" or "displayName"
            ? text.ToLowerInvariant()
            : string.Concat(text.Select(l => char.IsAsciiLetterUpper(l) ? char.ToLowerInvariant(l) : l));
    }

    private static bool Custom(FilterCondition c, string? value) => c.Value is FilterValue.Numbers numbers
        ? value is not null && double.TryParse(value, CultureInfo.InvariantCulture, out var number) && Number(c.Test, number, numbers.Items)
        : Text(c, value);

    private static bool Number(FilterTest test, double value, IReadOnlyList<double> wanted) => test switch
    {
        FilterTest.GreaterThan => value > wanted[0],
        FilterTest.GreaterThanOrEqual => value >= wanted[0],
        FilterTest.LessThan => value < wanted[0],
        FilterTest.LessThanOrEqual => value <= wanted[0],
        FilterTest.Between => value >= wanted[0] && value <= wanted[1],
        _ => wanted.Contains(value),
    };

    private static bool Time(FilterCondition c, DateTimeOffset? value, DateTimeOffset now) => (c.Test, c.Value) switch
    {
        (FilterTest.IsNull, _) => value is null,
        (FilterTest.Before, FilterValue.Times t) => value < t.Items[0],
        (FilterTest.After, FilterValue.Times t) => value > t.Items[0],
        (FilterTest.Between, FilterValue.Times t) => value >= t.Items[0] && value <= t.Items[1],
        (FilterTest.WithinLast, FilterValue.Span s) => value >= now - s.Length && value <= now,
        _ => throw new InvalidOperationException(),
    };
}
