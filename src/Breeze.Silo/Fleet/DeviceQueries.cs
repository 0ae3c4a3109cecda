using Breeze.Contracts;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>What a list of devices is narrowed by; every member may be null.</summary>
/// <param name="Status">Null: all but the decommissioned.</param>
/// <param name="Search">Part of the hostname or the display name, in either case of letters.</param>
internal sealed record DeviceListing(Guid? OrgId, Guid? SiteId, DeviceStatus? Status, string? Search);

/// <summary>Reads devices.</summary>
internal sealed class DeviceQueries(IDatabase database, FilterSql filters, TimeProvider clock)
{
    public Task<Answer<PagedList<Device>>> List(OrgScope scope, DeviceListing wanted, NumberedPage page) => database.Read<Answer<PagedList<Device>>>(async c =>
    {
        if (await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal)
        {
            return refusal;
        }

        var list = Newest().Within(scope, wanted.OrgId).Where(wanted.Status switch
        {
            DeviceStatus.Decommissioned => "d.decommissioned_at is not null",
            DeviceStatus.Online => "d.decommissioned_at is null and " + PresenceFilter.Online("@now"),
            DeviceStatus.Offline => "d.decommissioned_at is null and not " + PresenceFilter.Online("@now"),
            _ => "d.decommissioned_at is null",
        });
        if (wanted.SiteId is { } site)
        {
            list.Where("d.site_id = @site", new { site });
        }

        if (wanted.Search is { Length: > 0 } search)
        {
            var part = $"%{LikePattern.Escape(Hostnames.Key(search))}%";
            list.Where($"(d.hostname_key like @part escape '{LikePattern.EscapeCharacter}' or d.display_name_key like @part escape '{LikePattern.EscapeCharacter}')", new { part });
        }

        return await Read(list, c, page);
    });

    public Task<Answer<PagedList<Device>>> InGroup(OrgScope scope, Guid group, NumberedPage page) => database.Read<Answer<PagedList<Device>>>(async c =>
    {
        if (await GroupRow.Find(c, scope, group) is not { } row)
        {
            return Refusal.NotFound("The group");
        }

        var arguments = new SqlArguments();
        var groups = await DynamicGroups.Load(c, row.OrgId, [group], filters.Fields);
        var isIn = filters.InAnyGroup([group], groups, clock.GetUtcNow(), arguments);
        var list = Newest().Within(scope, row.OrgId.Value).Where("d.decommissioned_at is null").Where(isIn, arguments.Values);
        return await Read(list, c, page);
    });

    public Task<Answer<Versioned<Device>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<Device>>>(async c =>
        await DeviceRow.Find(c, scope, id, clock.GetUtcNow()) is { } row
            ? new Versioned<Device>((await DeviceRow.Show(c, [row]))[0], row.Version)
            : Refusal.NotFound("The device"));

    /// <summary>Who matches a filter now, by hostname.</summary>
    /// <remarks>Decommissioned devices match only a filter that asks for that status by name: nobody means them otherwise.</remarks>
    public Task<Answer<FilterPreview>> Preview(OrgScope scope, FilterPreviewBody body) => database.Read<Answer<FilterPreview>>(async c =>
    {
        var org = await OrgChoice.Choose(c, scope, body.OrgId);
        if (org.Refusal is { } foreign)
        {
            return foreign;
        }

        if (body.Limit is < 0 or > 200)
        {
            return Refusal.Invalid("limit must be a whole number from 0 to 200.", "limit");
        }

        var parsed = FilterParser.Parse(body.Filter, "filter", filters.Fields);
        if ((parsed.Refusal ?? await FilterReferences.Check(c, org.Value, parsed.Value!)) is { } invalid)
        {
            return invalid;
        }

        var tree = parsed.Value!;
        var arguments = new SqlArguments();
        var now = clock.GetUtcNow();
        var groups = await DynamicGroups.Load(c, org.Value, DynamicGroups.NamedBy(tree), filters.Fields);
        var from = $"from devices d where d.org_id = {arguments.Add(org.Value)} and {filters.Predicate(tree, groups, now, arguments)}"
            + (AsksForDecommissioned(tree) ? "" : " and d.decommissioned_at is null");
        var total = await c.ExecuteScalarAsync<long>($"select count(*) {from}", arguments.Values);
        arguments.Values.Add("now", now.ToUnixTimeMilliseconds());
        var rows = await c.QueryAsync<DeviceRow>(
            $"select {DeviceRow.Columns} {from} order by d.hostname_key, d.id limit {arguments.Add(body.Limit ?? 50)}", arguments.Values);
        return new FilterPreview(total, await DeviceRow.Show(c, rows.AsList()));
    });

    private static bool AsksForDecommissioned(FilterNode tree) => tree.AllConditions.Any(condition =>
        condition is { Field.Name: "status", Negated: false, Value: FilterValue.Texts texts } && texts.Items.Contains("decommissioned"));

    private NewestFirst Newest() =>
        new NewestFirst(DeviceRow.Columns, "devices d", "d").Where("1 = 1", new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() });

    private static async Task<PagedList<Device>> Read(NewestFirst list, SqlSource source, NumberedPage page) =>
        await list.Read<DeviceRow, Device, DevicePosition>(source, page, rows => DeviceRow.Show(source, rows), r => new DevicePosition(r.Id));

    private sealed record DevicePosition(Guid Id) : ListPosition(Id);
}
