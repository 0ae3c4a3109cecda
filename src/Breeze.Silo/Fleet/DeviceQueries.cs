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

/// <summary>Reads devices.</summary>
internal sealed class DeviceQueries(IDatabase database, FilterSql filters, TimeProvider clock)
{
    public Task<Answer<PagedList<Device>>> List(OrgScope scope, DeviceListing wanted, NumberedPage page) => database.Read<Answer<PagedList<Device>>>(async c =>
    {
        var arguments = new SqlArguments();
        var where = await wanted.Where(c, scope, filters, clock.GetUtcNow(), arguments);
        if (where.Refusal is { } refusal)
        {
            return refusal;
        }

        var total = await c.ExecuteScalarAsync<long>($"select count(*) from devices d where {where.Value}", arguments.Values);
        var sort = wanted.Sort;
        var following = sort.After(page.Cursor, arguments.Values);
        // Only a page's rows are read whole: what is sorted is a key and an id each.
        var rows = (await c.QueryAsync<DeviceRow>(
            $"""
            select {DeviceRow.Columns}, {(sort.IsText ? "x.text_key" : "x.number_key")}
            from (select d.id, {sort.Selected} from devices d{sort.Joined} where {where.Value}{following} order by {sort.OrderDevices} limit @limit offset @offset) x
            cross join devices d where d.id = x.id order by {sort.OrderBy("x")}
            """,
            With(arguments, page))).AsList();
        var shown = rows.Take(page.Limit).ToList();
        return page.Answer(await DeviceRow.Show(c, shown), total, rows.Count > page.Limit ? sort.Cursor(shown[^1]) : null);
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
            + (DeviceListing.AsksForDecommissioned(tree) ? "" : " and d.decommissioned_at is null");
        var total = await c.ExecuteScalarAsync<long>($"select count(*) {from}", arguments.Values);
        arguments.Values.Add("now", now.ToUnixTimeMilliseconds());
        var rows = await c.QueryAsync<DeviceRow>(
            $"select {DeviceRow.Columns} {from} order by d.hostname_key, d.id limit {arguments.Add(body.Limit ?? 50)}", arguments.Values);
        return new FilterPreview(total, await DeviceRow.Show(c, rows.AsList()));
    });

    private static DynamicParameters With(SqlArguments arguments, NumberedPage page)
    {
        arguments.Values.Add("limit", page.Limit + 1);
        arguments.Values.Add("offset", page.Offset);
        return arguments.Values;
    }

    private NewestFirst Newest() =>
        new NewestFirst(DeviceRow.Columns, "devices d", "d").Where("1 = 1", new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() });

    private static async Task<PagedList<Device>> Read(NewestFirst list, SqlSource source, NumberedPage page) =>
        await list.Read<DeviceRow, Device, DevicePosition>(source, page, rows => DeviceRow.Show(source, rows), r => new DevicePosition(r.Id));

    private sealed record DevicePosition(Guid Id) : ListPosition(Id);
}
