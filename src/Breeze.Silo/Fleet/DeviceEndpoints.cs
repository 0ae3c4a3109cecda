using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;

namespace Breeze.Silo.Fleet;

/// <summary><c>/devices</c>, and the two previews.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this RouteGroupBuilder api)
    {
        var devices = api.MapGroup("/devices").WithTags("Devices");
        devices.MapGet("", async (HttpContext http, DeviceQueries queries, NumberedPage page) =>
                (await queries.List(http.Caller().Scope, DeviceListing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet)
            .Query("orgId", "One organization of the key's reach; 403 when it is not.", "0198f6a0-0000-7000-8000-000000000002")
            .Query("siteId", "Only devices of this site.")
            .Query("groupId", "Only devices that are in this group now, static or dynamic.")
            .Query("status", "online, offline or decommissioned.", "online")
            .Query("search", Searches.OfDevices, "front-desk")
            .Query("filter", "A filter as JSON, of one organization; refused as POST /filters/preview refuses it.")
            .Query("sort", $"{DeviceSort.Names}; a minus in front turns it round. Left out: newest first.", "-lastSeenAt");
        devices.MapGet("/{id}", async (HttpContext http, DeviceQueries queries, Guid id) =>
                (await queries.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet).WithSummary("Get a device");
        devices.MapPatch("/{id}", async (HttpContext http, DeviceStore store, Guid id, DevicePatch patch) =>
                (await store.Patch(http.Caller(), id, EntityTags.IfMatch(http), patch)).ToHttp(http))
            .RequireRight(Right.EditDevices).Audited("device.update", "device")
            .WithSummary("Change a device's display name, tags, custom fields or site");
        devices.MapDelete("/{id}", async (HttpContext http, DeviceStore store, Guid id) =>
                (await store.Decommission(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.DecommissionDevices).Audited("device.decommission", "device")
            .WithSummary("Take a device out of service for good");
    }

    public static void MapPreviews(this RouteGroupBuilder api)
    {
        api.MapPost("/filters/preview", async (HttpContext http, DeviceQueries queries, FilterPreviewBody body) =>
                (await queries.Preview(http.Caller().Scope, body)).ToHttp())
            .RequireRight(Right.ViewFleet).ShedAs(RequestClass.Read).WithTags("Filters").WithSummary("Show who matches a filter now");
        api.MapPost("/targets/preview", async (HttpContext http, TargetPreviews previews, TargetPreviewBody body) =>
                (await previews.Preview(http.Caller().Scope, body)).ToHttp())
            .RequireRight(Right.ViewFleet).ShedAs(RequestClass.Read).WithTags("Filters").WithSummary("Count the devices that a deployment's target means now");
    }
}
