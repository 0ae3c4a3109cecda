using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary><c>/sites</c>.</summary>
internal static class SiteEndpoints
{
    public static void MapSites(this RouteGroupBuilder api)
    {
        var sites = api.MapGroup("/sites").WithTags("Sites");
        sites.MapGet("", async (HttpContext http, SiteStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).Narrowed().WithSummary("List sites, newest first");
        sites.MapGet("/{id}", async (HttpContext http, SiteStore store, Guid id) =>
                (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet).WithSummary("Get a site");
        sites.MapPost("", async (HttpContext http, SiteStore store, SiteBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, s => $"/api/v1/sites/{s.Id}"))
            .RequireRight(Right.ManageSites).Audited("site.create", "site").WithSummary("Make a site");
        sites.MapPut("/{id}", async (HttpContext http, SiteStore store, Guid id, SiteBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.ManageSites).Audited("site.update", "site").WithSummary("Replace a site's name and time zone");
        sites.MapDelete("/{id}", async (HttpContext http, SiteStore store, Guid id) =>
                (await store.Delete(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.ManageSites).Audited("site.delete", "site").WithSummary("Delete a site without devices");
    }
}
