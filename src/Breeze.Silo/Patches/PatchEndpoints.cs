using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Patches;

/// <summary>Scans, the catalogue and devices' patches, under <c>/api/v1</c>.</summary>
internal static class PatchEndpoints
{
    public static void MapPatchRoutes(this RouteGroupBuilder api)
    {
        var patches = api.MapGroup("/patches").WithTags("Patches");
        patches.MapPost("/scan", Scan).RequireRight(Right.RunPatches).Audited("patches.scan", "device");
        patches.MapGet("/", (HttpContext http, CatalogueQueries catalogue, NumberedPage page) => List(http, catalogue, page))
            .RequireRight(Right.ViewPatches)
            .Query("orgId", "One organization's view, with its approvals; left out: all that the key may see, and no approvalStatus.")
            .Query("source", "microsoft, apple, linux, third_party or custom.")
            .Query("severity", "critical, important, moderate, low or unknown.")
            .Query("os", "windows, macos or linux: reported by a device with it.")
            .Query("status", "The approval: pending, approved, rejected or deferred. Needs one organization.")
            .Query("search", "Part of the title or the external id.")
            .Query("sort", "createdAt, releaseDate, severity or title; a minus in front turns it round.", "-createdAt");
        patches.MapGet("/sources", async (HttpContext http, CatalogueQueries catalogue, NumberedPage page) =>
                (await catalogue.Sources(http.Caller().Scope, QueryText.Id(http.Request.Query, "orgId"), Os(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPatches)
            .Query("orgId", "Count one organization's patches alone.")
            .Query("os", "windows, macos or linux: the sources that such a device can have.");
        patches.MapGet("/{id}", async (HttpContext http, CatalogueQueries catalogue, Guid id) =>
                (await catalogue.Get(http.Caller().Scope, id, QueryText.Id(http.Request.Query, "orgId"))).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPatches)
            .Query("orgId", "As this organization sees it.");
        api.MapGet("/devices/{id}/patches", async (HttpContext http, DevicePatchQueries devices, NumberedPage page, Guid id) =>
                (await devices.List(http.Caller().Scope, id, OfDevice(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPatches).WithTags("Devices")
            .Query("status", "pending, installed, failed, skipped or missing.")
            .Query("source", "microsoft, apple, linux, third_party or custom.")
            .Query("severity", "critical, important, moderate, low or unknown.");
    }

    private static async Task<IResult> Scan(HttpContext http, PatchScans scans, PatchScanRequest body)
    {
        if (body.DeviceIds is not { Count: >= 1 and <= PatchScans.MostDevices })
        {
            return Problems.From(Refusal.Invalid($"deviceIds must be a list of 1 to {PatchScans.MostDevices} device ids.", "deviceIds"));
        }

        PatchSource? source = null;
        if (body.Source is { } named)
        {
            if (!EnumName.TryParse<PatchSource>(named, out var known))
            {
                return Problems.From(Refusal.Invalid($"source must be one of {EnumName.Allowed<PatchSource>()}.", "source"));
            }

            source = known;
        }

        return Replies.Bare(await scans.Request(http.Caller(), body.DeviceIds, source));
    }

    private static async Task<IResult> List(HttpContext http, CatalogueQueries catalogue, NumberedPage page)
    {
        var query = http.Request.Query;
        var wanted = new PatchListing(
            QueryText.Id(query, "orgId"), QueryText.Name<PatchSource>(query, "source"), QueryText.Name<PatchSeverity>(query, "severity"), Os(query),
            QueryText.Name<ApprovalStatus>(query, "status"), Searches.Read(query), PatchSort.Read(query));
        return (await catalogue.List(http.Caller().Scope, wanted, page)).ToHttp(Replies.Bare);
    }

    private static string? Os(IQueryCollection query) =>
        QueryText.Name<Contracts.Agents.OsType>(query, "os") is { } os ? EnumName.Of(os) : null;

    private static DevicePatchListing OfDevice(IQueryCollection query)
    {
        var status = QueryText.Name<DevicePatchStatus>(query, "status");
        return status == DevicePatchStatus.Gone
            ? throw new RefusedException(Refusal.Invalid("status must be one of pending, installed, failed, skipped, missing.", "status"))
            : new(status, QueryText.Name<PatchSource>(query, "source"), QueryText.Name<PatchSeverity>(query, "severity"));
    }
}
