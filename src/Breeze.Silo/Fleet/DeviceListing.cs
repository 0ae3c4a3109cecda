using System.Text.Json;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>What a list of devices is narrowed and ordered by; every member but the order may be null.</summary>
/// <param name="Status">Null: all but the decommissioned.</param>
/// <param name="Search">Part of the hostname or the display name, in either case of letters.</param>
/// <param name="Filter">A filter as JSON; of one organization.</param>
internal sealed record DeviceListing(
    Guid? OrgId, Guid? SiteId, Guid? GroupId, DeviceStatus? Status, string? Search, string? Filter, DeviceSort Sort)
{
    /// <exception cref="RefusedException">400: malformed.</exception>
    public static DeviceListing Read(IQueryCollection query) => new(
        QueryText.Id(query, "orgId"), QueryText.Id(query, "siteId"), QueryText.Id(query, "groupId"), QueryText.Name<DeviceStatus>(query, "status"),
        Searches.Read(query), query.ContainsKey("filter") ? query["filter"].ToString() : null, DeviceSort.Read(query));

    /// <summary>The condition over <c>devices d</c>, or the refusal of what it names.</summary>
    public async Task<Answer<string>> Where(SqlSource source, OrgScope scope, FilterSql filters, DateTimeOffset now, SqlArguments arguments)
    {
        if (await OrgChoice.Refuse(source, scope, OrgId) is { } refusal)
        {
            return refusal;
        }

        arguments.Values.Add("scopeId", scope.Id);
        arguments.Values.Add("now", now.ToUnixTimeMilliseconds());
        var conditions = new List<string> { scope.Sql("d.org_id") };
        if (OrgId is { } org)
        {
            conditions.Add($"d.org_id = {arguments.Add(org)}");
        }

        if (SiteId is { } site)
        {
            conditions.Add($"d.site_id = {arguments.Add(site)}");
        }

        if (Search is { Length: > 0 } search)
        {
            var part = arguments.Add($"%{LikePattern.Escape(Hostnames.Key(search))}%");
            conditions.Add($"(d.hostname_key like {part} escape '{LikePattern.EscapeCharacter}' or d.display_name_key like {part} escape '{LikePattern.EscapeCharacter}')");
        }

        var (asksForDecommissioned, refused) = (false, (Refusal?)null);
        if (GroupId is { } group)
        {
            refused = await InGroup(source, scope, filters, group, now, arguments, conditions);
        }

        if (refused is null && Filter is { } filter)
        {
            (asksForDecommissioned, refused) = await Matching(source, scope, filters, filter, now, arguments, conditions);
        }

        if (refused is not null)
        {
            return refused;
        }

        conditions.AddRange(Status switch
        {
            DeviceStatus.Decommissioned => ["d.decommissioned_at is not null"],
            DeviceStatus.Online => ["d.decommissioned_at is null", PresenceFilter.Online("@now")],
            DeviceStatus.Offline => ["d.decommissioned_at is null", $"not {PresenceFilter.Online("@now")}"],
            _ => asksForDecommissioned ? Array.Empty<string>() : ["d.decommissioned_at is null"],
        });
        return string.Join(" and ", conditions);
    }

    /// <summary>Decommissioned devices match only a filter that asks for that status by name: nobody means them otherwise.</summary>
    public static bool AsksForDecommissioned(FilterNode tree) => tree.AllConditions.Any(condition =>
        condition is { Field.Name: "status", Negated: false, Value: FilterValue.Texts texts } && texts.Items.Contains("decommissioned"));

    private async Task<Refusal?> InGroup(
        SqlSource source, OrgScope scope, FilterSql filters, Guid group, DateTimeOffset now, SqlArguments arguments, List<string> conditions)
    {
        if (await GroupRow.Find(source, scope, group) is not { } row || (OrgId is { } org && row.OrgId.Value != org))
        {
            return Refusal.Invalid("groupId names no group that this key may use here.", "groupId");
        }

        conditions.Add($"d.org_id = {arguments.Add(row.OrgId)}");
        conditions.Add(filters.InAnyGroup([group], await DynamicGroups.Load(source, row.OrgId, [group], filters.Fields), now, arguments));
        return null;
    }

    private async Task<(bool AsksForDecommissioned, Refusal? Refusal)> Matching(
        SqlSource source, OrgScope scope, FilterSql filters, string text, DateTimeOffset now, SqlArguments arguments, List<string> conditions)
    {
        var org = await OrgChoice.Choose(source, scope, OrgId);
        var parsed = org.Refusal is { } foreign ? foreign : Parse(text, filters);
        if ((parsed.Refusal ?? await FilterReferences.Check(source, org.Value, parsed.Value!)) is { } invalid)
        {
            return (false, invalid);
        }

        var tree = parsed.Value!;
        var groups = await DynamicGroups.Load(source, org.Value, DynamicGroups.NamedBy(tree), filters.Fields);
        conditions.Add(filters.Predicate(tree, groups, now, arguments));
        return (AsksForDecommissioned(tree), null);
    }

    private static Answer<FilterGroup> Parse(string text, FilterSql filters)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return FilterParser.Parse(document.RootElement, "filter", filters.Fields);
        }
        catch (JsonException)
        {
            return Refusal.Invalid("filter must be a filter as JSON: {\"operator\": …, \"conditions\": […]}.", "filter");
        }
    }
}
