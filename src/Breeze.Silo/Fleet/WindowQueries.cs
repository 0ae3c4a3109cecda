using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>How a device stands to the maintenance windows that apply to it.</summary>
public enum WindowState
{
    Inside = 1,
    Outside,

    /// <summary>No window applies to it.</summary>
    NoneConfigured,
}

/// <param name="NextOpening">When the first of its windows opens next; null when it is inside one or none will.</param>
public sealed record DeviceWindow(WindowState State, DateTimeOffset? NextOpening);

/// <summary>Answers for many devices at once whether a maintenance window lets deployments through.</summary>
/// <remarks>A window applies by its scope: the partner, the organization, the site, a group (static or dynamic) or the device itself.</remarks>
public sealed class WindowQueries(FilterSql filters)
{
    /// <summary>Each device's state at an instant: one query a table, however many devices (thousands a call).</summary>
    /// <param name="org">The devices' organization; a device of another has no window.</param>
    public async Task<IReadOnlyDictionary<DeviceId, DeviceWindow>> ForDeployments(
        SqlSource source, OrgId org, IReadOnlyCollection<DeviceId> devices, DateTimeOffset at)
    {
        var windows = await Applied(source, org, "allows_deployments");
        if (windows.Count == 0)
        {
            return devices.Distinct().ToDictionary(d => d, _ => None);
        }

        var states = windows.GroupBy(w => (w.Level, w.TargetId)).ToDictionary(g => g.Key, g => StateOf(g, at));
        var places = await PlacesOf(source, org, devices, GroupsOf(windows), at);
        return devices.Distinct().ToDictionary(
            d => d,
            d => places.TryGetValue(d, out var place) ? Combine(place.Select(states.GetValueOrDefault).OfType<DeviceWindow>()) : None);
    }

    /// <summary>Those of the devices that are inside a window that suppresses patching.</summary>
    /// <inheritdoc cref="ForDeployments"/>
    public async Task<IReadOnlySet<DeviceId>> Suppressing(SqlSource source, OrgId org, IReadOnlyCollection<DeviceId> devices, DateTimeOffset at)
    {
        var open = (await Applied(source, org, "suppresses_patching")).Where(w => w.Schedule.IsInside(at)).ToList();
        if (open.Count == 0)
        {
            return new HashSet<DeviceId>();
        }

        var scopes = open.Select(w => (w.Level, w.TargetId)).ToHashSet();
        var places = await PlacesOf(source, org, devices, GroupsOf(open), at);
        return places.Where(p => p.Value.Any(scopes.Contains)).Select(p => p.Key).ToHashSet();
    }

    /// <summary>A condition over <c>devices d</c> of the organization: the device is inside a window that lets deployments through.</summary>
    /// <remarks>Each window is judged once, however many devices there are.</remarks>
    public async Task<string> Inside(SqlSource source, OrgId org, DateTimeOffset at, SqlArguments arguments)
    {
        var open = (await Applied(source, org, "allows_deployments")).Where(w => w.Schedule.IsInside(at)).ToList();
        if (open.Any(w => w.Level is "partner" or "organization"))
        {
            return "1 = 1";
        }

        var conditions = new List<string> { "1 = 0" };
        Add("site", "d.site_id");
        Add("device", "d.id");
        if (GroupsOf(open) is { Length: > 0 } groups)
        {
            conditions.Add(filters.InAnyGroup(groups, await DynamicGroups.Load(source, org, groups, filters.Fields), at, arguments));
        }

        return $"({string.Join(" or ", conditions)})";

        void Add(string level, string column)
        {
            if (open.Where(w => w.Level == level).Select(w => w.TargetId).Distinct().ToList() is { Count: > 0 } targets)
            {
                conditions.Add($"{column} in {arguments.AddList(targets)}");
            }
        }
    }

    private static Task<IReadOnlyList<AppliedWindow>> Applied(SqlSource source, OrgId org, string effect) => source.Query<AppliedWindow>(
        $"""
        select w.level, w.target_id, w.time_zone, w.starts_at, w.duration_minutes, w.recurrence from maintenance_windows w
        where w.{effect} = 1 and (w.org_id = @org
          or (w.level = 'partner' and w.target_id = (select o.partner_id from organizations o where o.id = @org)))
        """,
        new { org });

    private static Guid[] GroupsOf(IEnumerable<AppliedWindow> windows) =>
        [.. windows.Where(w => w.Level == "device_group").Select(w => w.TargetId).Distinct()];

    private static DeviceWindow None { get; } = new(WindowState.NoneConfigured, null);

    private static DeviceWindow StateOf(IEnumerable<AppliedWindow> windows, DateTimeOffset at) =>
        Combine(windows.Select(w => w.Schedule).Select(s => s.IsInside(at)
            ? new DeviceWindow(WindowState.Inside, null)
            : new DeviceWindow(WindowState.Outside, s.NextOpening(at))));

    private static DeviceWindow Combine(IEnumerable<DeviceWindow> windows)
    {
        var combined = None;
        foreach (var window in windows)
        {
            if (window.State == WindowState.Inside)
            {
                return window;
            }

            var next = combined.NextOpening is { } other && !(window.NextOpening < other) ? other : window.NextOpening;
            combined = new DeviceWindow(WindowState.Outside, next);
        }

        return combined;
    }

    /// <summary>The scopes that each device lies in. A device that is not the organization's is left out.</summary>
    private async Task<Dictionary<DeviceId, List<(string Level, Guid TargetId)>>> PlacesOf(
        SqlSource source, OrgId org, IReadOnlyCollection<DeviceId> devices, Guid[] groups, DateTimeOffset at)
    {
        var ids = new Rows().Uuid("id", [.. devices.Select(d => d.Value).Distinct()]);
        var placed = await source.QueryRows<Place>(
            """
            select d.id, d.site_id, d.org_id, o.partner_id
            from ({rows}) v cross join devices d join organizations o on o.id = d.org_id where d.id = v.id and d.org_id = @org
            """,
            ids,
            new { org });
        var places = placed.ToDictionary(p => p.Id, p => new List<(string, Guid)>
        {
            ("device", p.Id.Value), ("site", p.SiteId), ("organization", p.OrgId), ("partner", p.PartnerId),
        });
        foreach (var (group, predicate, arguments) in await GroupTests(source, org, groups, at))
        {
            arguments.Values.Add("org", org.Value);
            var members = await source.QueryRows<DeviceId>(
                $"select d.id from ({{rows}}) v cross join devices d where d.id = v.id and d.org_id = @org and {predicate}", ids, arguments.Values);
            foreach (var member in members)
            {
                places[member].Add(("device_group", group));
            }
        }

        return places;
    }

    private async Task<List<(Guid Group, string Predicate, SqlArguments Arguments)>> GroupTests(
        SqlSource source, OrgId org, Guid[] groups, DateTimeOffset at)
    {
        var dynamic = await DynamicGroups.Load(source, org, groups, filters.Fields);
        return
        [
            .. groups.Select(group =>
            {
                var arguments = new SqlArguments();
                return (group, filters.InAnyGroup([group], dynamic, at, arguments), arguments);
            }),
        ];
    }

    private sealed class AppliedWindow
    {
        public string Level { get; init; } = "";

        public Guid TargetId { get; init; }

        public string TimeZone { get; init; } = "";

        public DateTimeOffset StartsAt { get; init; }

        public int DurationMinutes { get; init; }

        public string? Recurrence { get; init; }

        // Checked when it was saved; a zone that a newer table dropped would be a bug to hear of.
        public WindowSchedule Schedule => WindowSchedule.Create(TimeZone, StartsAt, DurationMinutes, Recurrence) switch
        {
            { Value: { } schedule } => schedule,
            var refused => throw new InvalidOperationException($"A stored window cannot be followed: {refused.Refusal!.Message}"),
        };
    }

    private sealed class Place
    {
        public DeviceId Id { get; init; }

        public Guid SiteId { get; init; }

        public Guid OrgId { get; init; }

        public Guid PartnerId { get; init; }
    }
}
