using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Fleet;

[JsonConverter(typeof(SnakeCaseEnum<GroupType>))]
public enum GroupType
{
    /// <summary>The devices that somebody put into it.</summary>
    Static = 1,

    /// <summary>The devices that match its filter whenever it is asked.</summary>
    Dynamic = 2,
}

/// <summary>What <c>POST /groups</c> and <c>PUT /groups/:id</c> take; PUT takes the whole.</summary>
public sealed record GroupBody
{
    /// <summary>The organization; null where the key sees exactly one. Not changed by PUT.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Cannot be changed later.</summary>
    public GroupType? Type { get; init; }

    /// <summary>For <c>static</c>: the devices, all of the organization; null for none.</summary>
    public IReadOnlyList<Guid>? DeviceIds { get; init; }

    /// <summary>For <c>dynamic</c>: a filter, never empty; it may name static groups only.</summary>
    public JsonElement? Filter { get; init; }
}

/// <summary>What <c>PATCH /groups/:id/devices</c> takes: devices to put into a static group and to take out of it.</summary>
public sealed record GroupDevicesBody
{
    public IReadOnlyList<Guid>? Add { get; init; }

    public IReadOnlyList<Guid>? Remove { get; init; }
}

/// <summary>A group of devices of one organization.</summary>
/// <param name="Filter">Of a dynamic group; else null.</param>
/// <param name="DeviceCount">How many devices are in it now, decommissioned ones not counted; null in lists.</param>
public sealed record Group(
    Guid Id, Guid OrgId, string Name, GroupType Type, JsonElement? Filter, long? DeviceCount, DateTimeOffset CreatedAt);
