using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>Checks that what a filter names by id is of the organization; unknown and foreign ids are refused alike.</summary>
internal static class FilterReferences
{
    /// <summary>Checks groups and sites.</summary>
    /// <param name="staticGroupsOnly">For the filter of a dynamic group: a group of groups of groups could go round.</param>
    public static async Task<Refusal?> Check(SqlSource source, OrgId org, FilterNode tree, bool staticGroupsOnly = false)
    {
        var groups = new List<(Guid Id, string Path)>();
        var sites = new List<(Guid Id, string Path)>();
        foreach (var condition in tree.AllConditions)
        {
            if (condition.Value is FilterValue.Ids ids && condition.Field.Name is "groupId" or "siteId")
            {
                var named = condition.Field.Name == "groupId" ? groups : sites;
                named.AddRange(ids.Items.Select(id => (id, condition.Path + ".value")));
            }
        }

        return await CheckGroups(source, org, groups, staticGroupsOnly)
            ?? await FirstUnknown(source, org, sites, "sites", "site", "");
    }

    public static Task<Refusal?> CheckGroups(
        SqlSource source, OrgId org, IReadOnlyList<(Guid Id, string Path)> groups, bool staticGroupsOnly = false) =>
        FirstUnknown(
            source, org, groups, "device_groups", staticGroupsOnly ? "static group" : "group", staticGroupsOnly ? " and t.kind = 'static'" : "");

    private static async Task<Refusal?> FirstUnknown(
        SqlSource source, OrgId org, IReadOnlyList<(Guid Id, string Path)> named, string table, string what, string also)
    {
        var known = (await source.QueryRows<Guid>(
            $"select t.id from ({{rows}}) v join {table} t on t.id = v.id where t.org_id = @org{also}",
            new Rows().Uuid("id", [.. named.Select(n => n.Id).Distinct()]),
            new { org })).ToHashSet();
        foreach (var (id, path) in named)
        {
            if (!known.Contains(id))
            {
                return Refusal.Invalid($"{path} names {id}, which is no {what} of the organization.", path);
            }
        }

        return null;
    }
}
