using Breeze.Contracts.Fleet;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary><c>/enrollment-keys</c>.</summary>
internal static class EnrollmentKeyEndpoints
{
    public static void MapEnrollmentKeys(this RouteGroupBuilder api)
    {
        var keys = api.MapGroup("/enrollment-keys").WithTags("Enrolment");
        keys.MapGet("", async (HttpContext http, EnrollmentKeyStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ManageEnrollment).Narrowed().WithSummary("List enrolment keys, newest first");
        keys.MapGet("/{id}", async (HttpContext http, EnrollmentKeyStore store, Guid id) =>
                (await store.Get(http.Caller().Scope, id)).ToHttp())
            .RequireRight(Right.ManageEnrollment).WithSummary("Get an enrolment key, without its text");
        keys.MapPost("", async (HttpContext http, EnrollmentKeyStore store, EnrollmentKeyBody body) =>
                (await store.Create(http.Caller(), body)).ToHttp(k => Replies.Created($"/api/v1/enrollment-keys/{k.Id}", k)))
            .RequireRight(Right.ManageEnrollment).Audited("enrollment_key.create", "enrollment_key")
            .WithMetadata(new OneTimeSecrets("key"))
            .WithSummary("Make an enrolment key; its text is in this answer only");
        keys.MapDelete("/{id}", async (HttpContext http, EnrollmentKeyStore store, Guid id) =>
                (await store.Revoke(http.Caller(), id)).ToHttp())
            .RequireRight(Right.ManageEnrollment).Audited("enrollment_key.revoke", "enrollment_key").WithSummary("Revoke an enrolment key");
    }
}
