using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Silo.Hosting;
using SessionOptions = Breeze.Contracts.Access.SessionOptions;

namespace Breeze.Silo.Access.Sessions;

/// <summary>The descriptions of signing in, in OpenAPI.</summary>
internal static class SessionDocs
{
    private static readonly DateTimeOffset Ends = new(2026, 3, 1, 21, 0, 0, TimeSpan.Zero);

    private static readonly Session Session = new(
        "Night shift", KeyScope.Org, null, Guid.Parse("0198f6a0-0000-7000-8000-000000000002"), KeyRole.Technician,
        ["view_fleet", "view_deployments", "run_deployments"], "EXAMPLE-not-a-token", Ends, SignedInBy.ApiKey);

    public static RouteDocs Routes { get; } = new RouteDocs()
        .Add(
            "POST /session", "Sign in",
            "Begins a session and sets the cookie `breeze_session` (HttpOnly, SameSite=Strict, Secure over https). Its requests carry the token of the answer as "
            + "`X-Breeze-AntiForgery` with whatever changes something. 401 alike for a key or link that is unknown, over, revoked or was used; 429 when an "
            + "address keeps failing; 403 when another site's page asks. A repeat begins another session; a link works once.",
            new Single<Session>(Session), new SignIn("brz_EXAMPLE-not-a-key"))
        .Add(
            "GET /session", "See who is signed in",
            "Whoever the request's credential stands for, with name, role, scope and rights as they are now.", new Single<Session>(Session))
        .Add(
            "DELETE /session", "Sign out",
            "Ends the session wherever it is open, its live connections too, within two seconds. 400 without a sign-in cookie.",
            new Single<Session>(Session with { AntiForgeryToken = null }))
        .Add(
            "GET /session/options", "See how to sign in",
            "Whether there is an issuer's sign-in page, at `/session/oidc?returnTo=/`, beside keys and links.", new Single<SessionOptions>(new(false)))
        .Add(
            "POST /session/links", "Make a sign-in link",
            "A link that opens the console signed in as the key that asks: once, within an hour. 403 for a session and for an issuer's token.",
            new Single<SignInLink>(new("https://breeze.example/sign-in#EXAMPLE-not-a-secret", Ends)));
}
