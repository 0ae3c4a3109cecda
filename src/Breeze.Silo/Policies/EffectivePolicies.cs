using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>The patch policy that a device obeys, and by which assignment.</summary>
/// <param name="TimeZone">Of the device's site.</param>
public sealed record EffectivePolicy(
    Guid PolicyId, Guid AssignmentId, PolicyLevel Level, Guid TargetId, int Priority, PatchSettings Settings, string TimeZone);

/// <summary>An assignment that reaches a device, with the name of its policy.</summary>
public sealed record ReachingPolicy
{
    public Guid AssignmentId { get; init; }

    public Guid PolicyId { get; init; }

    public string Name { get; init; } = "";

    public PolicyLevel Level { get; init; }

    public Guid TargetId { get; init; }

    public string TargetName { get; init; } = "";

    public int Priority { get; init; }
}

/// <summary>Which policy wins where, judged in SQL for many devices at once: the one rule for jobs, schedules, approvals and people.</summary>
/// <remarks>
/// Of the assignments that reach a device the most specific level wins, then the lower priority number, then the older assignment. Its
/// policy's settings apply whole. Policies without patch settings do not take part. Dynamic groups are asked anew each time.
/// </remarks>
public sealed class EffectivePolicies(FilterSql filters, TimeProvider clock)
{
    private const int Steps = 1000;

    /// <summary>The policy of each device; no entry: none governs it, or it is not this organization's.</summary>
    public async Task<IReadOnlyDictionary<DeviceId, EffectivePolicy>> Of(SqlSource source, OrgId org, IReadOnlyList<DeviceId> devices)
    {
        var winner = await Winner(source, org);
        winner.Arguments.Values.Add("org", org.Value);
        var rows = await source.QueryRows<WinnerRow>(
            $$"""
            select x.id as device_id, a.id as assignment_id, a.policy_id, a.level, a.target_id, a.priority, f.settings, s.time_zone
            from (select d.id, d.site_id, {{winner.Sql}} as winner from ({rows}) v cross join devices d where d.id = v.id and d.org_id = @org) x
            join policy_assignments a on a.id = x.winner
            join policy_features f on f.policy_id = a.policy_id and f.feature_type = 'patch'
            join sites s on s.id = x.site_id
            """,
            new Rows().Uuid("id", [.. devices.Select(d => d.Value).Distinct()]),
            winner.Arguments.Values);
        var settings = new Dictionary<Guid, PatchSettings>();
        return rows.ToDictionary(r => r.DeviceId, r => new EffectivePolicy(
            r.PolicyId, r.AssignmentId, r.Level, r.TargetId, r.Priority, SettingsOf(r, settings), r.TimeZone));
    }

    /// <summary>The next of an organization's devices that a policy governs, in order (hostname key bytewise, then id); fewer than asked: the end.</summary>
    /// <param name="timeZone">Only devices whose site has this zone; null for all.</param>
    /// <param name="after">The last row of the page before, or null for the first page.</param>
    /// <param name="limit">How many at most, 1 or more.</param>
    public async Task<IReadOnlyList<TargetRow>> Governed(SqlSource source, OrgId org, Guid policy, string? timeZone, TargetRow? after, int limit)
    {
        var winner = await Winner(source, org);
        var governed = new List<TargetRow>();
        while (governed.Count < limit)
        {
            var step = await Step(source, winner, org, policy, timeZone, after);
            governed.AddRange(step.Where(d => d.Wins).Select(d => d.Target).Take(limit - governed.Count));
            if (step.Count < Steps)
            {
                break;
            }

            after = step[^1].Target;
        }

        return governed;
    }

    /// <summary>The next devices in order, each with whether the policy wins for it.</summary>
    /// <remarks>Some devices at a time: left to itself PostgreSQL asked who wins for each of an organization's devices before it took a page of them.</remarks>
    private static async Task<IReadOnlyList<GovernedRow>> Step(
        SqlSource source, (string Sql, SqlArguments Arguments) winner, OrgId org, Guid policy, string? timeZone, TargetRow? after)
    {
        var values = new DynamicParameters(winner.Arguments.Values);
        values.AddDynamicParams(new { org, policy, timeZone, steps = Steps, afterKey = after?.HostnameKey, afterId = after?.DeviceId.Value });
        return await source.Query<GovernedRow>(
            $"""
            select d.id as device_id, d.hostname, d.display_name, d.hostname_key,
              case when {winner.Sql} in (select w.id from policy_assignments w where w.policy_id = @policy) then 1 else 0 end as wins
            from (
              select t.* from devices t where t.org_id = @org and t.decommissioned_at is null
                and {(timeZone is null ? "1 = 1" : "t.site_id in (select s.id from sites s where s.org_id = @org and s.time_zone = @timeZone)")}
                and {(after is null ? "1 = 1" : "(t.hostname_key, t.id) > (@afterKey, @afterId)")}
              order by t.hostname_key, t.id limit @steps) d
            order by d.hostname_key, d.id
            """,
            values);
    }

    /// <summary>Every assignment that reaches a device of an organization, the one that wins first, then those that would take its place.</summary>
    /// <param name="most">How many at most.</param>
    public async Task<IReadOnlyList<ReachingPolicy>> Reaching(SqlSource source, OrgId org, DeviceId device, int most)
    {
        var arguments = new SqlArguments();
        var reach = await Reach(source, org, arguments, "select a.id from (select x.* from devices x where x.id = @device) d cross join policy_assignments a");
        arguments.Values.AddDynamicParams(new { device, most });
        return await source.Query<ReachingPolicy>(
            $"""
            select a.id as assignment_id, a.policy_id, p.name, a.level, a.target_id, {TargetNames.ByNumber("a")} as target_name, a.priority
            from ({string.Join(" union all ", reach)}) y
            join policy_assignments a on a.id = y.id join configuration_policies p on p.id = a.policy_id
            {Order("a")} limit @most
            """,
            arguments.Values);
    }

    /// <summary>The id of the assignment that wins for <c>devices d</c>, as a scalar subquery.</summary>
    private async Task<(string Sql, SqlArguments Arguments)> Winner(SqlSource source, OrgId org)
    {
        var arguments = new SqlArguments();
        var reach = await Reach(source, org, arguments, "select a.id, a.level, a.priority, a.created_at from policy_assignments a");
        return ($"(select y.id from ({string.Join(" union all ", reach)}) y {Order("y")} limit 1)", arguments);
    }

    private static string Order(string alias) => $"order by {alias}.level desc, {alias}.priority, {alias}.created_at, {alias}.id";

    /// <summary>The assignments of policies with patch settings that reach <c>devices d</c>, a statement a level.</summary>
    /// <param name="selected">What is selected from <c>policy_assignments a</c>.</param>
    private async Task<IReadOnlyList<string>> Reach(SqlSource source, OrgId org, SqlArguments arguments, string selected)
    {
        var now = clock.GetUtcNow();
        var groups = await source.Query<Guid>(
            """
            select distinct a.target_id from policy_assignments a join device_groups g on g.id = a.group_id
            where a.org_id = @org and a.level = 4 and g.kind = 'dynamic'
            """,
            new { org });
        var dynamic = await DynamicGroups.Load(source, org, groups, filters.Fields);
        var partner = await source.First<Guid>("select o.partner_id from organizations o where o.id = @org", new { org });
        var reach = $"{selected} join policy_features f on f.policy_id = a.policy_id and f.feature_type = 'patch'";
        var parts = new List<string>
        {
            $"{reach} where a.level = 5 and a.target_id = d.id",
            $"{reach} where a.level = 3 and a.target_id = d.site_id",
            $"{reach} where a.level = 2 and a.target_id = {arguments.Add(org.Value)}",
            $"{reach} where a.level = 1 and a.target_id = {arguments.Add(partner)}",
            $"{reach} where a.level = 4 and a.target_id in (select m.group_id from device_group_members m where m.device_id = d.id)",
        };
        parts.AddRange(groups.Select(g =>
            $"{reach} where a.level = 4 and a.target_id = {arguments.Add(g)} and {filters.InAnyGroup([g], dynamic, now, arguments)}"));
        return parts;
    }

    private static PatchSettings SettingsOf(WinnerRow row, Dictionary<Guid, PatchSettings> known)
    {
        if (!known.TryGetValue(row.PolicyId, out var settings))
        {
            known.Add(row.PolicyId, settings = PatchSettingsText.Read(row.Settings));
        }

        return settings;
    }

    private sealed class GovernedRow
    {
        public DeviceId DeviceId { get; init; }

        public string Hostname { get; init; } = "";

        public string? DisplayName { get; init; }

        public string HostnameKey { get; init; } = "";

        public bool Wins { get; init; }

        public TargetRow Target => new() { DeviceId = DeviceId, Hostname = Hostname, DisplayName = DisplayName, HostnameKey = HostnameKey };
    }

    private sealed class WinnerRow
    {
        public DeviceId DeviceId { get; init; }

        public Guid AssignmentId { get; init; }

        public Guid PolicyId { get; init; }

        public PolicyLevel Level { get; init; }

        public Guid TargetId { get; init; }

        public int Priority { get; init; }

        public string Settings { get; init; } = "";

        public string TimeZone { get; init; } = "";
    }
}
