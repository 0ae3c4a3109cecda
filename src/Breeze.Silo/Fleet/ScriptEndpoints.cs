using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary><c>/scripts</c>.</summary>
internal static class ScriptEndpoints
{
    public static void MapScripts(this RouteGroupBuilder api)
    {
        var scripts = api.MapGroup("/scripts").WithTags("Scripts");
        scripts.MapGet("", async (HttpContext http, ScriptStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewFleet).Narrowed().WithSummary("List scripts without their text, newest first");
        scripts.MapGet("/{id}", async (HttpContext http, ScriptStore store, Guid id) =>
                (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewFleet).WithSummary("Get a script with its text");
        scripts.MapPost("", async (HttpContext http, ScriptStore store, ScriptBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, s => $"/api/v1/scripts/{s.Id}"))
            .RequireRight(Right.ManageScripts).Audited("script.create", "script").WithSummary("Make a script");
        scripts.MapPut("/{id}", async (HttpContext http, ScriptStore store, Guid id, ScriptBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.ManageScripts).Audited("script.update", "script")
            .WithSummary("Replace a script; deployments that are initialized keep the text they had");
        scripts.MapDelete("/{id}", async (HttpContext http, ScriptStore store, Guid id) =>
                (await store.Delete(http.Caller(), id, EntityTags.IfMatch(http))).ToHttp(http))
            .RequireRight(Right.ManageScripts).Audited("script.delete", "script").WithSummary("Delete a script");
    }
}
