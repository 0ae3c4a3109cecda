using Breeze.Contracts.Software;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Software;

/// <summary>Software packages: what a software deployment installs. <c>/software-packages</c>.</summary>
public static class SoftwareEndpoints
{
    public static IServiceCollection AddSoftware(this IServiceCollection services) => services.AddSingleton<SoftwareStore>();

    public static void MapSoftware(this RouteGroupBuilder api)
    {
        SoftwareDocs.All.Describe(api);
        var packages = api.MapGroup("/software-packages").WithTags("Software");
        packages.MapGet("", async (HttpContext http, SoftwareStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).Narrowed();
        packages.MapGet("/{id}", async (HttpContext http, SoftwareStore store, Guid id) => (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet);
        packages.MapPost("", async (HttpContext http, SoftwareStore store, SoftwarePackageBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, s => $"/api/v1/software-packages/{s.Id}"))
            .RequireRight(Right.ManageSoftware).Audited("software_package.create", "software_package");
        packages.MapPut("/{id}", async (HttpContext http, SoftwareStore store, Guid id, SoftwarePackageBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.ManageSoftware).Audited("software_package.update", "software_package");
        packages.MapDelete("/{id}", async (HttpContext http, SoftwareStore store, Guid id) =>
                (await store.Delete(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.ManageSoftware).Audited("software_package.delete", "software_package");
    }
}
