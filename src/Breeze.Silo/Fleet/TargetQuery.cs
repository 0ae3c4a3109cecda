using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Resolves a target to devices: of one organization, without decommissioned ones, each once, by hostname and id.</summary>
public sealed class TargetQuery(FilterSql filters, TimeProvider clock)
{
    /// <summary>The fields that a target's filter may name, for <see cref="TargetSpec.Parse"/>.</summary>
    public FilterFields Fields => filters.Fields;

    /// <summary>Checks what only the database knows: that the groups and sites a target names are this organization's. Null: fine.</summary>
    /// <remarks>Devices are not checked: the unknown among them are reported as excluded when the target is resolved.</remarks>
    /// <param name="path">What the target is called in the body, for example <c>targetConfig</c>.</param>
    public Task<Refusal?> Check(SqlSource source, OrgId org, TargetSpec spec, string path = "targetConfig") => spec switch
    {
        TargetSpec.Groups groups => FilterReferences.CheckGroups(
            source, org, [.. groups.Ids.Select((id, i) => (id.Value, $"{path}.groupIds[{i}]"))]),
        TargetSpec.Filter filter => FilterReferences.Check(source, org, filter.Tree),
        _ => Task.FromResult<Refusal?>(null),
    };

    /// <summary>Fixes the question: who is meant as of now. Pages of the answer may then be read at leisure, in one transaction or many.</summary>
    public async Task<ResolvedTarget> Resolve(SqlSource source, OrgId org, TargetSpec spec)
    {
        var now = clock.GetUtcNow();
        var arguments = new SqlArguments();
        var predicate = spec switch
        {
            TargetSpec.Devices => "",
            TargetSpec.Groups groups => " and " + InAnyGroup(
                groups, await DynamicGroups.Load(source, org, groups.Ids.Select(g => g.Value), filters.Fields), now, arguments),
            TargetSpec.Filter filter => " and " + filters.Predicate(
                filter.Tree,
                await DynamicGroups.Load(source, org, DynamicGroups.NamedBy(filter.Tree), filters.Fields),
                now,
                arguments),
            _ => "",
        };
        return new ResolvedTarget(org, (spec as TargetSpec.Devices)?.Ids, predicate, arguments, now);
    }

    private string InAnyGroup(TargetSpec.Groups groups, DynamicGroups dynamic, DateTimeOffset now, SqlArguments arguments) =>
        arguments.For("targetConfig.groupIds", () => filters.InAnyGroup(groups.Ids.Select(g => g.Value), dynamic, now, arguments));
}

/// <summary>A device that a target means.</summary>
public sealed class TargetRow
{
    public DeviceId DeviceId { get; init; }

    /// <summary>Any text: encode it where it is shown.</summary>
    public string Hostname { get; init; } = "";

    public string? DisplayName { get; init; }

    /// <summary>What the order goes by, bytewise, before the id.</summary>
    public string HostnameKey { get; init; } = "";
}

/// <summary>A device of an id list that is not among the targets.</summary>
/// <param name="Reason"><c>not_found</c> (unknown or another organization's, alike) or <c>decommissioned</c>.</param>
public sealed record ExcludedDevice(DeviceId DeviceId, string Reason);

/// <summary>How many devices a target means, and how many of them are offline now.</summary>
public sealed record TargetCount(int Total, int Offline);

/// <summary>A target as SQL, with its arguments; <see cref="TargetQuery.Resolve"/> makes it.</summary>
public sealed class ResolvedTarget
{
    private readonly IReadOnlyList<DeviceId>? _ids;
    private readonly string _predicate;
    private readonly SqlArguments _arguments;
    private readonly string _org;
    private readonly string _now;

    internal ResolvedTarget(OrgId org, IReadOnlyList<DeviceId>? ids, string predicate, SqlArguments arguments, DateTimeOffset now)
    {
        (_ids, _predicate, _arguments) = (ids, predicate, arguments);
        _org = arguments.Add(org);
        _now = arguments.Add(now.ToUnixTimeMilliseconds());
    }

    /// <summary>The next devices in order (hostname key bytewise, then id), after the last of the page before; fewer than asked: the end.</summary>
    /// <param name="after">The last row of the page before, or null for the first page.</param>
    /// <param name="limit">How many at most, 1 or more.</param>
    public Task<IReadOnlyList<TargetRow>> Page(SqlSource source, TargetRow? after, int limit)
    {
        var parameters = new DynamicParameters(_arguments.Values);
        parameters.Add("limit", limit);
        var place = "";
        if (after is not null)
        {
            place = " and (d.hostname_key, d.id) > (@afterKey, @afterId)";
            parameters.Add("afterKey", after.HostnameKey);
            parameters.Add("afterId", after.DeviceId.Value);
        }

        return Query<TargetRow>(
            source, "d.id as device_id, d.hostname, d.display_name, d.hostname_key", place + " order by d.hostname_key, d.id limit @limit", parameters);
    }

    /// <summary>Counts without reading the devices.</summary>
    public async Task<TargetCount> Count(SqlSource source)
    {
        var rows = await Query<CountRow>(
            source,
            $"count(*) as total, coalesce(sum(case when {PresenceFilter.Online(_now)} then 0 else 1 end), 0) as offline",
            "",
            _arguments.Values);
        return rows.Count == 0 ? new TargetCount(0, 0) : new TargetCount((int)rows[0].Total, (int)rows[0].Offline);
    }

    /// <summary>How many of them a condition over <c>devices d</c> does not hold for.</summary>
    /// <param name="condition">Makes it, with its arguments among the target's own.</param>
    public async Task<int> CountWithout(SqlSource source, Func<SqlArguments, Task<string>> condition)
    {
        var rows = await Query<CountRow>(source, "count(*) as total", $" and not {await condition(_arguments)}", _arguments.Values);
        return rows.Count == 0 ? 0 : (int)rows[0].Total;
    }

    /// <summary>The ids of an id list that are not among the targets, and why; empty for every other target.</summary>
    public async Task<IReadOnlyList<ExcludedDevice>> Excluded(SqlSource source)
    {
        if (_ids is null)
        {
            return [];
        }

        var rows = await source.QueryRows<ExcludedRow>(
            $"select v.id as device_id, case when d.id is null then 0 else 1 end as known from ({{rows}}) v left join devices d on d.id = v.id and d.org_id = {_org}"
            + " where d.id is null or d.decommissioned_at is not null order by v.id",
            Ids(),
            _arguments.Values);
        return [.. rows.Select(r => new ExcludedDevice(r.DeviceId, r.Known == 0 ? "not_found" : "decommissioned"))];
    }

    private Task<IReadOnlyList<T>> Query<T>(SqlSource source, string columns, string rest, DynamicParameters parameters)
    {
        var where = $" where d.org_id = {_org} and d.decommissioned_at is null{_predicate}";
        if (_ids is not null)
        {
            var sql = $"select {columns} from ({{rows}}) v cross join devices d{where} and d.id = v.id{rest}";
            return source.QueryRows<T>(sql, Ids(), parameters);
        }

        return source.Query<T>($"select {columns} from devices d{where}{rest}", parameters);
    }

    private Rows Ids() => new Rows().Uuid("id", [.. _ids!.Select(id => id.Value).Distinct()]);

    private sealed class CountRow
    {
        public long Total { get; init; }

        public long Offline { get; init; }
    }

    private sealed class ExcludedRow
    {
        public DeviceId DeviceId { get; init; }

        public int Known { get; init; }
    }
}
