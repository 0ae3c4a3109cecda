using System.Security.Claims;
using Breeze.Core.Access;
using Breeze.Silo.Access.Sessions;

namespace Breeze.Silo.Access;

/// <summary>An operator that was recognised, as ASP.NET carries it through a request or a connection.</summary>
public sealed class CallerIdentity : ClaimsIdentity
{
    /// <param name="caller">Who it is.</param>
    /// <param name="tokenEnds">When an OIDC token ends (UTC); null for an API key, which is looked up again instead.</param>
    public CallerIdentity(Caller caller, DateTime? tokenEnds = null)
        : base([new Claim(ClaimTypes.NameIdentifier, caller.KeyId.ToString())], Schemes.Operator) => (Caller, TokenEnds) = (caller, tokenEnds);

    internal CallerIdentity(Caller caller, CookieSession session)
        : this(caller) => Session = session;

    public Caller Caller { get; }

    public DateTime? TokenEnds { get; }

    /// <summary>The session whose cookie was the credential; null where the request carries a key or token itself.</summary>
    internal CookieSession? Session { get; private init; }

    internal CallerIdentity Under(string operation) =>
        new(Caller with { Operation = operation }, TokenEnds) { Session = Session };
}

public static class CallerExtensions
{
    /// <summary>Who asks. Only on routes that require a right, which are never reached without one.</summary>
    /// <exception cref="InvalidOperationException">The route is public or for devices.</exception>
    public static Caller Caller(this HttpContext http) => http.User.Caller();

    /// <inheritdoc cref="Caller(HttpContext)"/>
    public static Caller Caller(this ClaimsPrincipal? user) =>
        user.FindCaller() ?? throw new InvalidOperationException("There is no caller on a route that requires no right.");

    /// <summary>The operator behind a request, or null on public routes and for devices.</summary>
    public static Caller? FindCaller(this ClaimsPrincipal? user) => user.FindCallerIdentity()?.Caller;

    /// <summary>From here on the caller's audited effects are noted under this operation.</summary>
    internal static void SetOperation(this HttpContext http, string operation)
    {
        var identity = http.User.FindCallerIdentity()!;
        http.User = new ClaimsPrincipal(identity.Under(operation));
    }

    internal static CallerIdentity? FindCallerIdentity(this ClaimsPrincipal? user) =>
        user?.Identities.OfType<CallerIdentity>().FirstOrDefault();
}
