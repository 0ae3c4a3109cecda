using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary><c>/maintenance-windows</c>.</summary>
internal static class WindowEndpoints
{
    public static void MapMaintenanceWindows(this RouteGroupBuilder api)
    {
        var windows = api.MapGroup("/maintenance-windows").WithTags("Maintenance windows");
        windows.MapGet("", async (HttpContext http, WindowStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).Narrowed().WithSummary("List maintenance windows, newest first");
        windows.MapGet("/occurrences", async (HttpContext http, WindowCalendar calendar) =>
            {
                var query = http.Request.Query;
                return (await calendar.List(
                    http.Caller().Scope, QueryText.Id(query, "orgId"), QueryText.Instant(query, "from"), QueryText.Instant(query, "to"))).ToHttp(Replies.Bare);
            })
            .RequireRight(Right.ViewFleet)
            .Query("orgId", "The windows that apply within one organization; 403 when it is out of reach.", "0198f6a0-0000-7000-8000-000000000002")
            .Query("from", "The first instant of the span.", "2026-03-01T00:00:00Z")
            .Query("to", "Its end, at most 62 days later.", "2026-04-01T00:00:00Z");
        windows.MapGet("/{id}", async (HttpContext http, WindowStore store, Guid id) =>
                (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet).WithSummary("Get a maintenance window, whether it is open, and when it opens next");
        windows.MapPost("", async (HttpContext http, WindowStore store, MaintenanceWindowBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, w => $"/api/v1/maintenance-windows/{w.Id}"))
            .RequireRight(Right.ManageWindows).Audited("maintenance_window.create", "maintenance_window").WithSummary("Make a maintenance window");
        windows.MapPut("/{id}", async (HttpContext http, WindowStore store, Guid id, MaintenanceWindowBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.ManageWindows).Audited("maintenance_window.update", "maintenance_window").WithSummary("Replace a maintenance window");
        windows.MapDelete("/{id}", async (HttpContext http, WindowStore store, Guid id) =>
                (await store.Delete(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.ManageWindows).Audited("maintenance_window.delete", "maintenance_window").WithSummary("Delete a maintenance window");
    }
}
