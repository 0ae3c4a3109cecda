using Breeze.Contracts;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>A row of <c>maintenance_windows</c>: of an organization, or (level partner) of a partner.</summary>
internal sealed class WindowRow
{
    public static readonly string Columns =
        "w.id, w.partner_id, w.org_id, w.name, w.level, w.target_id, w.time_zone, w.starts_at, w.duration_minutes, w.recurrence,"
        + " w.allows_deployments, w.suppresses_patching, w.created_at, w.version, " + TargetNames.ByWord("w") + " as name_of_target";

    public Guid Id { get; init; }
    public PartnerId? PartnerId { get; init; }
    public OrgId? OrgId { get; init; }
    public string Name { get; init; } = "";
    public string Level { get; init; } = "";
    public Guid TargetId { get; init; }
    public string? NameOfTarget { get; init; }
    public string TimeZone { get; init; } = "";
    public DateTimeOffset StartsAt { get; init; }
    public int DurationMinutes { get; init; }
    public string? Recurrence { get; init; }
    public bool AllowsDeployments { get; init; }
    public bool SuppressesPatching { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public long Version { get; init; }

    public AuditChain Chain => OrgId is { } org ? AuditChain.Org(org) : AuditChain.Partner(PartnerId!.Value);

    /// <summary>True for the windows that a caller may see: its organizations', and a partner's own for the partner itself.</summary>
    public static string Within(OrgScope scope) => scope.Kind switch
    {
        ScopeKind.System => "1 = 1",
        ScopeKind.Partner => $"(w.partner_id = @scopeId or {scope.Sql("w.org_id")})",
        _ => scope.Sql("w.org_id"),
    };

    public static Task<WindowRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<WindowRow>(
        $"select {Columns} from maintenance_windows w where w.id = @id and {Within(scope)}", new { id, scopeId = scope.Id });

    public Versioned<MaintenanceWindow> Versioned(DateTimeOffset now) => new(Shown(now), Version);

    public MaintenanceWindow Shown(DateTimeOffset now)
    {
        var schedule = Schedule;
        return new MaintenanceWindow(
            Id,
            OrgId?.Value,
            PartnerId?.Value,
            Name,
            Scope,
            TimeZone,
            StartsAt,
            DurationMinutes,
            Recurrence,
            AllowsDeployments,
            SuppressesPatching,
            schedule.IsInside(now),
            schedule.NextOpening(now),
            CreatedAt,
            NameOfTarget);
    }

    // Checked when it was saved.
    public WindowSchedule Schedule => WindowSchedule.Create(TimeZone, StartsAt, DurationMinutes, Recurrence).Value!;

    public WindowOccurrence Occurrence(DateTimeOffset startsAt, DateTimeOffset endsAt) =>
        new(Id, Name, startsAt, endsAt, AllowsDeployments, SuppressesPatching, Scope, NameOfTarget, TimeZone);

    private WindowScope Scope => new() { Level = EnumName.TryParse<WindowLevel>(Level, out var level) ? level : null, TargetId = TargetId };
}
