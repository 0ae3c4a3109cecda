using System.Text.Json.Nodes;
using Breeze.Client.Http;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Breeze.Contracts.Policies;

namespace Breeze.Client.Resources;

/// <summary>What a list of devices is narrowed and ordered by; what is null does neither.</summary>
public sealed record DeviceQuery
{
    public Guid? OrgId { get; init; }

    public Guid? SiteId { get; init; }

    /// <summary>A group, static or dynamic: who is in it now.</summary>
    public Guid? GroupId { get; init; }

    /// <summary>Null: online and offline ones.</summary>
    public DeviceStatus? Status { get; init; }

    /// <summary>Part of the hostname or the display name, in either case of letters.</summary>
    public string? Search { get; init; }

    /// <summary>A filter as JSON, <c>{operator, conditions}</c>; of one organization.</summary>
    public string? Filter { get; init; }

    /// <summary>hostname, displayName, lastSeenAt, enrolledAt, osVersion, agentVersion or patchesPending; a minus in front turns it round. Null: newest first.</summary>
    public string? Sort { get; init; }

    internal IReadOnlyList<(string Name, object? Value)> Parts =>
    [
        ("orgId", OrgId), ("siteId", SiteId), ("groupId", GroupId), ("status", Status is { } status ? EnumName.Of(status) : null),
        ("search", Search), ("filter", Filter), ("sort", Sort),
    ];
}

/// <summary>Devices. They come by enrolling; <see cref="Resource{T}.Delete"/> takes one out of service.</summary>
public sealed class DevicesClient : Resource<Device>
{
    internal DevicesClient(Transport transport)
        : base(transport, "devices")
    {
    }

    /// <summary>One page of those that are asked for.</summary>
    /// <param name="page">From 1; null for the first, or when <paramref name="cursor"/> is given.</param>
    /// <param name="limit">1–200.</param>
    public Task<PagedList<Device>> Find(DeviceQuery query, int? page = null, int limit = 50, string? cursor = null, CancellationToken cancel = default) =>
        Page(page, limit, cursor, query.Parts, cancel);

    /// <summary>All of those that are asked for, page by page as they are consumed.</summary>
    public IAsyncEnumerable<Device> FindAll(DeviceQuery query, CancellationToken cancel = default) => List(query.Parts, cancel);

    /// <summary>A device's commands, newest first, without their output.</summary>
    public Task<PagedList<DeviceCommand>> CommandPage(Guid id, int? page = null, int limit = 50, string? cursor = null, CancellationToken cancel = default) =>
        new PlainList<DeviceCommand>(Transport, $"devices/{id}/commands").Page(page, limit, cursor, null, cancel);

    /// <summary>One command with what it left.</summary>
    public Task<DeviceCommandDetail> Command(Guid id, Guid commandId, CancellationToken cancel = default) =>
        Transport.Send<DeviceCommandDetail>(new(HttpMethod.Get, $"{Path}/{id}/commands/{commandId}"), cancel);

    /// <summary>The deployments that a device was or is in, newest first.</summary>
    public Task<PagedList<DeviceDeployment>> DeploymentPage(Guid id, int? page = null, int limit = 50, string? cursor = null, CancellationToken cancel = default) =>
        new PlainList<DeviceDeployment>(Transport, $"devices/{id}/deployments").Page(page, limit, cursor, null, cancel);

    /// <summary>Voids a device's credential and ends its connection; a repeat changes nothing.</summary>
    public Task RevokeCredential(Guid id, CancellationToken cancel = default) =>
        Transport.Send(new(HttpMethod.Post, $"{Path}/{id}/revoke-credential"), cancel);

    /// <summary>Where a device's patch settings come from.</summary>
    public Task<DevicePatchConfig> PatchConfig(Guid id, CancellationToken cancel = default) =>
        Transport.Send<DevicePatchConfig>(new(HttpMethod.Get, $"{Path}/{id}/patch-config"), cancel);

    /// <summary>Changes the members that are named (<c>displayName</c>, <c>tags</c>, <c>siteId</c>, <c>customFields</c>); a null removes.</summary>
    /// <param name="ifMatch">The ETag as read; null overwrites whatever is there.</param>
    public Task<Device> Update(Guid id, JsonObject members, string? ifMatch = null, CancellationToken cancel = default) =>
        Transport.Send<Device>(new(HttpMethod.Patch, $"{Path}/{id}") { Body = members, IfMatch = ifMatch }, cancel);
}

/// <summary>Groups of devices.</summary>
public sealed class GroupsClient : EditableResource<Group, GroupBody, GroupBody>
{
    internal GroupsClient(Transport transport)
        : base(transport, "groups")
    {
    }

    /// <summary>Who is in a group now.</summary>
    public Task<PagedList<Device>> DevicePage(Guid id, int? page = null, int limit = 50, string? cursor = null, CancellationToken cancel = default) =>
        new PlainList<Device>(Transport, $"groups/{id}/devices").Page(page, limit, cursor, null, cancel);

    /// <summary>Puts devices into a static group and takes others out; repeating it changes nothing.</summary>
    public Task<Group> ChangeDevices(Guid id, GroupDevicesBody body, CancellationToken cancel = default) =>
        Transport.Send<Group>(new(HttpMethod.Patch, $"{Path}/{id}/devices") { Body = body }, cancel);
}

/// <summary>Questions about who would be meant; nothing is written.</summary>
public sealed class PreviewsClient
{
    private readonly Transport _transport;

    internal PreviewsClient(Transport transport) => _transport = transport;

    /// <summary>Who matches a filter now; a filter that cannot be read is refused with the field or operator at fault.</summary>
    public Task<FilterPreview> Filter(FilterPreviewBody body, CancellationToken cancel = default) =>
        _transport.Send<FilterPreview>(new(HttpMethod.Post, "api/v1/filters/preview") { Body = body }, cancel);

    /// <summary>How many devices a deployment to this target would have now.</summary>
    public Task<TargetPreview> Targets(TargetPreviewBody body, CancellationToken cancel = default) =>
        _transport.Send<TargetPreview>(new(HttpMethod.Post, "api/v1/targets/preview") { Body = body }, cancel);
}
