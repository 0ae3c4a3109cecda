using System.Text.Json;
using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>The filters of the dynamic groups that a statement names, loaded before it is put together.</summary>
/// <remarks>A dynamic group's filter may name static groups only (refused when it is saved), so that one load suffices and nothing goes round.</remarks>
public sealed class DynamicGroups
{
    private readonly Dictionary<Guid, FilterGroup?> _filters;

    private DynamicGroups(Dictionary<Guid, FilterGroup?> filters) => _filters = filters;

    public static DynamicGroups None { get; } = new([]);

    public bool IsDynamic(Guid group) => _filters.ContainsKey(group);

    /// <summary>The group's filter; null when it is no longer readable (a field it names is gone): then nobody is in it.</summary>
    public FilterGroup? FilterOf(Guid group) => _filters[group];

    /// <summary>Loads those among the groups that are dynamic and of this organization.</summary>
    public static async Task<DynamicGroups> Load(SqlSource source, OrgId org, IEnumerable<Guid> groups, FilterFields fields)
    {
        var ids = groups.Distinct().ToArray();
        if (ids.Length == 0)
        {
            return None;
        }

        var rows = await source.QueryRows<GroupRow>(
            "select g.id, g.filter from ({rows}) v join device_groups g on g.id = v.id where g.org_id = @org and g.kind = 'dynamic'",
            new Rows().Uuid("id", ids),
            new { org });
        return new DynamicGroups(rows.ToDictionary(r => r.Id, r => Read(r.Filter, fields)));
    }

    /// <summary>The groups that a filter names.</summary>
    public static IEnumerable<Guid> NamedBy(FilterNode tree) =>
        tree.AllConditions.Where(c => c.Field.Kind == FieldKind.IdSet).SelectMany(c => ((FilterValue.Ids)c.Value).Items);

    private static FilterGroup? Read(string? filter, FilterFields fields)
    {
        if (filter is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(filter);
        return FilterParser.Parse(document.RootElement, "filter", fields).Value;
    }

    private sealed class GroupRow
    {
        public Guid Id { get; init; }

        public string? Filter { get; init; }
    }
}
