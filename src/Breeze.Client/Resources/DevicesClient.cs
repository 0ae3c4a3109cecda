using System.Text.Json.Nodes;
using Breeze.Client.Http;
using Breeze.Contracts.Fleet;

namespace Breeze.Client.Resources;

/// <summary>Devices. They come by enrolling; <see cref="Resource{T}.Delete"/> takes one out of service.</summary>
public sealed class DevicesClient : Resource<Device>
{
    internal DevicesClient(Transport transport)
        : base(transport, "devices")
    {
    }

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
