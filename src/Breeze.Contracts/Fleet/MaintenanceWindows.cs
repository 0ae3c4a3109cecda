using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Fleet;

[JsonConverter(typeof(SnakeCaseEnum<WindowLevel>))]
public enum WindowLevel
{
    Partner = 1,
    Organization = 2,
    Site = 3,
    DeviceGroup = 4,
    Device = 5,
}

/// <summary>Which devices a window applies to.</summary>
public sealed record WindowScope
{
    public WindowLevel? Level { get; init; }

    /// <summary>The partner, organization, site, group or device.</summary>
    public Guid? TargetId { get; init; }
}

/// <summary>What <c>POST /maintenance-windows</c> and <c>PUT /maintenance-windows/:id</c> take; PUT takes the whole.</summary>
public sealed record MaintenanceWindowBody
{
    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    public WindowScope? Scope { get; init; }

    /// <summary>An IANA zone, for example <c>Europe/Zurich</c>.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The first opening; its wall time in the zone is the one that recurs.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>1 to 44640, of elapsed time.</summary>
    public int? DurationMinutes { get; init; }

    /// <summary>An RFC 5545 rule, for example <c>FREQ=WEEKLY;BYDAY=SA,SU</c>; null: it opens once.</summary>
    public string? Recurrence { get; init; }

    /// <summary>Deployments that respect windows run inside it; null means true.</summary>
    public bool? AllowsDeployments { get; init; }

    /// <summary>Patch jobs wait while inside it; null means false.</summary>
    public bool? SuppressesPatching { get; init; }
}

/// <summary>A maintenance window.</summary>
/// <param name="OrgId">Null for a partner's window.</param>
/// <param name="PartnerId">Of a partner's window; else null.</param>
/// <param name="IsOpen">Whether it is open as this is answered.</param>
/// <param name="NextOpeningAt">When it opens next; null when it never will.</param>
/// <param name="TargetName">What the partner, organization, site, group or device of its scope is called; null once that is gone.</param>
public sealed record MaintenanceWindow(
    Guid Id,
    Guid? OrgId,
    Guid? PartnerId,
    string Name,
    WindowScope Scope,
    string TimeZone,
    DateTimeOffset StartsAt,
    int DurationMinutes,
    string? Recurrence,
    bool AllowsDeployments,
    bool SuppressesPatching,
    bool IsOpen,
    DateTimeOffset? NextOpeningAt,
    DateTimeOffset CreatedAt,
    string? TargetName = null);

/// <summary>One opening of a maintenance window.</summary>
/// <param name="EndsAt">The first instant at which it is closed again.</param>
/// <param name="TargetName">What the partner, organization, site, group or device of its scope is called; null once that is gone.</param>
public sealed record WindowOccurrence(
    Guid WindowId,
    string Name,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    bool AllowsDeployments,
    bool SuppressesPatching,
    WindowScope Scope,
    string? TargetName,
    string TimeZone);

/// <summary>The openings of windows within a span of time, the earliest first.</summary>
/// <param name="Truncated">There are more: ask for less time, or for one organization.</param>
public sealed record WindowOccurrences(IReadOnlyList<WindowOccurrence> Data, bool Truncated);
