using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Breeze.Silo.Access;

/// <summary>Reads <c>Authorization: Bearer brz_…</c> or <c>X-API-Key: brz_…</c>.</summary>
/// <remarks>Any other bearer token is none of its business: a device's credential is no credential here.</remarks>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Callers callers, FailedSignIns failures)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Bearer = "Bearer ";
    internal const int LongestKey = 200;

    /// <summary>The key that a request carries, or null when it carries none of ours.</summary>
    public static string? KeyOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var key = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim()
            : request.Headers["X-API-Key"].ToString();
        if (key.Length == 0 && request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal))
        {
            // A browser cannot set headers on a web socket; SignalR sends the token in the query then.
            key = request.Query["access_token"].ToString();
        }

        return key.StartsWith(KeyText.Prefix, StringComparison.Ordinal) && key.Length <= LongestKey ? key : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (KeyOf(Request) is not { } key)
        {
            return AuthenticateResult.NoResult();
        }

        var address = Context.Connection.RemoteIpAddress?.ToString();
        if (await callers.Recognise(key, address, Context.RequestAborted) is not { } caller)
        {
            failures.Count(address);
            return AuthenticateResult.Fail("The key is unknown, expired or revoked.");
        }

        return AuthenticateResult.Success(new AuthenticationTicket(new(new CallerIdentity(caller)), Scheme.Name));
    }
}
