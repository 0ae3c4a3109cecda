using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using SessionOptions = Breeze.Contracts.Access.SessionOptions;

namespace Breeze.Silo.Access.Sessions;

/// <summary>Signing in to the console: <c>/api/v1/session</c>.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder api)
    {
        var session = api.MapGroup("/session").WithTags("Session").ShedAs(RequestClass.Vital);
        SessionDocs.Routes.Describe(session);
        session.MapPost("/", SignIn).Public("The key or link in the body is the credential.").WithMetadata(new SetsCookie());
        session.MapGet("/", Current).RequireRight(Right.UseSession);
        session.MapDelete("/", SignOut).RequireRight(Right.UseSession).Audited("session.sign_out", "session");
        session.MapGet("/options", Options).Public("A sign-in page has to know what to offer.");
        session.MapPost("/links", CreateLink).RequireRight(Right.UseSession).Audited("session.link", "session")
            .WithMetadata(new OneTimeSecrets("url"));
    }

    private static async Task<IResult> SignIn(SignIn body, HttpContext http, SignIns signIns, FailedSignIns failures, CancellationToken cancel)
    {
        if (AntiForgery.ForeignOrigin(http.Request) is { } foreign)
        {
            return Problems.From(foreign);
        }

        var address = http.Connection.RemoteIpAddress?.ToString();
        var (caller, by) = body switch
        {
            { Key: not null, Link: not null } or { Key: null, Link: null } =>
                throw new RefusedException(Refusal.Invalid("Give either key or link.", "key")),
            { Key: { } key } => (await signIns.ByKey(key, address, cancel), SignedInBy.ApiKey),
            { Link: { } link } => (await signIns.ByLink(link, address, cancel), SignedInBy.Link),
        };
        if (caller is null)
        {
            failures.Count(address);
            return new NotSignedIn("This key or link does not sign in: it is unknown, over, revoked or was used.");
        }

        if (http.User.FindCallerIdentity() is { Session: { } former, Caller: var formerly })
        {
            // Its cookie is about to be lost, and nobody could end it any more.
            await signIns.End(formerly, former);
        }

        return Answer(http, await signIns.Begin(http, caller, by), null);
    }

    private static async Task<IResult> Current(HttpContext http, Callers callers, CancellationToken cancel)
    {
        var identity = http.User.FindCallerIdentity()!;
        DateTimeOffset? bearerEnds = identity switch
        {
            { Session: not null } => null,
            { TokenEnds: { } ends } => new DateTimeOffset(ends, TimeSpan.Zero),
            _ => (await callers.Key(identity.Caller.KeyId.Value, cancel))?.ExpiresAt,
        };
        return Answer(http, identity, bearerEnds);
    }

    private static async Task<IResult> SignOut(HttpContext http, SignIns signIns)
    {
        if (http.User.FindCallerIdentity() is not { Session: { } session, Caller: var caller } identity)
        {
            return Problems.From(Refusal.Invalid("There is no session to end: this request carries its credential itself. An API key is revoked instead."));
        }

        await signIns.End(caller, session);
        SessionCookie.Remove(http);
        return Answer(http, identity, null, ended: true);
    }

    private static IResult Options(SiloSettings settings) => Replies.Ok(new SessionOptions(settings.Oidc.SignsIn));

    private static async Task<IResult> CreateLink(HttpContext http, Caller caller, SignIns signIns)
    {
        // A session would outlive itself by its own links; and a user of the issuer has no key that could be revoked.
        if (http.User.FindCallerIdentity() is not { Session: null, TokenEnds: null })
        {
            return Problems.From(new(RefusalKind.Forbidden, "A sign-in link is made with an API key itself, not with a session or an issuer's token."));
        }

        var (secret, expiresAt) = await signIns.MakeLink(caller);
        http.Response.Headers.CacheControl = "no-store";
        return Replies.Ok(new SignInLink(SignInUrl(PublicAddress.Of(http.Request), secret), expiresAt));
    }

    /// <summary>The secret stands behind the #: it is in no request line, no log and no referrer.</summary>
    internal static string SignInUrl(string server, string secret) => $"{server}/sign-in#{secret}";

    private static IResult Answer(HttpContext http, CallerIdentity identity, DateTimeOffset? bearerEnds, bool ended = false)
    {
        http.Response.Headers.CacheControl = "no-store";
        var (caller, session) = (identity.Caller, identity.Session);
        return Replies.Ok(new Session(
            caller.Name,
            (KeyScope)caller.Scope.Kind,
            caller.Scope.Kind == ScopeKind.Partner ? caller.Scope.Id : null,
            caller.Scope.Kind == ScopeKind.Org ? caller.Scope.Id : null,
            (KeyRole)caller.Role,
            [.. Enum.GetValues<Right>().Where(right => Rights.Allow(right, caller.Role, caller.Scope.Kind)).Select(EnumName.Of)],
            ended ? null : session?.AntiForgeryToken,
            session?.ExpiresAt ?? bearerEnds,
            session?.By ?? SignedInBy.Bearer));
    }
}
