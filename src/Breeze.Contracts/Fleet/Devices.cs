using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Fleet;

[JsonConverter(typeof(SnakeCaseEnum<DeviceStatus>))]
public enum DeviceStatus
{
    Online = 1,
    Offline = 2,
    Decommissioned = 3,
}

/// <summary>What <c>PATCH /devices/:id</c> takes: what is left out stays as it is.</summary>
public sealed record DevicePatch
{
    /// <summary>1 to 200 characters, or null to have none.</summary>
    public JsonElement DisplayName { get; init; }

    /// <summary>The whole list: up to 50, each of 1 to 64 characters.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Another site of the same organization; for admins.</summary>
    public Guid? SiteId { get; init; }

    /// <summary>By name: text, a number or a boolean sets the field, null removes it; fields that are not named stay.</summary>
    public JsonElement CustomFields { get; init; }
}

/// <summary>A device.</summary>
/// <param name="Hostname">Whatever the agent reported, up to 255 characters: encode it where it is shown.</param>
/// <param name="LastSeenAt">Now while online; null when it never connected.</param>
/// <param name="DecommissionedAt">When it was taken out of service; null while it is in it.</param>
/// <param name="SiteName">What its site is called.</param>
/// <param name="PatchesPending">Patches that it is offered and does not have.</param>
public sealed record Device(
    Guid Id,
    Guid OrgId,
    Guid SiteId,
    string Hostname,
    string? DisplayName,
    DeviceStatus Status,
    OsType OsType,
    string OsVersion,
    string Architecture,
    string AgentVersion,
    IReadOnlyList<string> Tags,
    IReadOnlyDictionary<string, string> CustomFields,
    DateTimeOffset EnrolledAt,
    DateTimeOffset? LastSeenAt,
    DateTimeOffset? DecommissionedAt,
    string SiteName = "",
    int PatchesPending = 0);
