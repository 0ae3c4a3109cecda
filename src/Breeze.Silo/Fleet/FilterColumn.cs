using Breeze.Core.Fleet;

namespace Breeze.Silo.Fleet;

/// <summary>Where a filter field is found: an SQL expression over <c>devices d</c>. Features add fields by registering one.</summary>
/// <param name="Field">The field; of kind Text, Choice, Id, Time or Number.</param>
/// <param name="Sql">The expression, text of this program and never a caller's; <c>{now}</c> in it becomes the argument that holds now, in milliseconds.</param>
/// <param name="Nullable">Whether it can be null.</param>
/// <param name="IsKey">Whether it is already folded by <see cref="Hostnames.Key"/>; other text is folded by <c>lower</c>, ASCII only.</param>
public sealed record FilterColumn(FilterField Field, string Sql, bool Nullable = false, bool IsKey = false)
{
    /// <summary>The scalar fields of the fleet; tags, groups, status and custom fields are no columns.</summary>
    public static IReadOnlyList<FilterColumn> OfTheFleet { get; } =
    [
        new(Of("hostname"), "d.hostname_key", IsKey: true),
        new(Of("displayName"), "d.display_name_key", Nullable: true, IsKey: true),
        new(Of("osType"), "d.os_type"),
        new(Of("osVersion"), "d.os_version"),
        new(Of("architecture"), "d.architecture"),
        new(Of("agentVersion"), "d.agent_version"),
        new(Of("siteId"), "d.site_id"),
        new(Of("lastSeenAt"), PresenceFilter.LastSeenAt("{now}"), Nullable: true),
        new(Of("enrolledAt"), "d.enrolled_at"),
    ];

    private static FilterField Of(string name) => FilterFields.OfTheFleet.Single(f => f.Name == name);
}
