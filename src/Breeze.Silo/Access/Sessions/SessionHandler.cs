using System.Text.Encodings.Web;
using Breeze.Contracts.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Breeze.Silo.Access.Sessions;

/// <summary>The session that a request's cookie belongs to.</summary>
/// <param name="Hash">The hash of the cookie's secret: the session's grain.</param>
internal sealed record CookieSession(string Hash, Guid Id, string AntiForgeryToken, SignedInBy By, DateTimeOffset ExpiresAt);

/// <summary>Reads the sign-in cookie.</summary>
/// <remarks>
/// A cookie that is over does not count as a failed sign-in: a page that still has one sends it with everything it loads, and a secret of 256 bits is not
/// guessed.
/// </remarks>
internal sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, OpenSessions sessions, Callers callers)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionCookie.Of(Request) is not { } secret)
        {
            return AuthenticateResult.NoResult();
        }

        var hash = SessionSecret.Hash(secret);
        var address = Context.Connection.RemoteIpAddress?.ToString();
        if (await sessions.Find(hash) is not { } session || await callers.Of(session, address, Context.RequestAborted) is not { } caller)
        {
            return AuthenticateResult.Fail("The session is unknown or over.");
        }

        var cookie = new CookieSession(hash, session.Id, SessionSecret.AntiForgeryToken(secret), session.By, session.ExpiresAt);
        return AuthenticateResult.Success(new AuthenticationTicket(new(new CallerIdentity(caller, cookie)), Scheme.Name));
    }
}
