using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary><c>/groups</c>.</summary>
internal static class GroupEndpoints
{
    public static void MapGroups(this RouteGroupBuilder api)
    {
        var groups = api.MapGroup("/groups").WithTags("Groups");
        groups.MapGet("", async (HttpContext http, GroupStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).Narrowed().WithSummary("List device groups, newest first");
        groups.MapGet("/{id}", async (HttpContext http, GroupStore store, Guid id) =>
                (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet).WithSummary("Get a group and how many devices are in it now");
        groups.MapGet("/{id}/devices", async (HttpContext http, DeviceQueries devices, Guid id, NumberedPage page) =>
                (await devices.InGroup(http.Caller().Scope, id, page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).WithSummary("List the devices that are in a group now");
        groups.MapPost("", async (HttpContext http, GroupStore store, GroupBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, g => $"/api/v1/groups/{g.Id}"))
            .RequireRight(Right.EditGroups).Audited("group.create", "group").WithSummary("Make a static or dynamic group");
        groups.MapPut("/{id}", async (HttpContext http, GroupStore store, Guid id, GroupBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.EditGroups).Audited("group.update", "group").WithSummary("Replace a group's name and devices or filter");
        groups.MapPatch("/{id}/devices", async (HttpContext http, GroupMembers members, Guid id, GroupDevicesBody body) =>
                (await members.Change(http.Caller(), id, body)).ToHttp(http))
            .RequireRight(Right.EditGroups).Audited("group.change_devices", "group").WithSummary("Put devices into a static group or take them out");
        groups.MapDelete("/{id}", async (HttpContext http, GroupStore store, Guid id) =>
                (await store.Delete(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.EditGroups).Audited("group.delete", "group").WithSummary("Delete a group");
    }
}
