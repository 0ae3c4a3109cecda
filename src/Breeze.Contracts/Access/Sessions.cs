namespace Breeze.Contracts.Access;

/// <summary>How somebody came to be signed in.</summary>
public enum SignedInBy
{
    /// <summary>An API key, given once; the cookie stands for it from then on.</summary>
    ApiKey = 1,

    /// <summary>A one-time sign-in link, made for an API key.</summary>
    Link,

    /// <summary>The OpenID Connect issuer's own sign-in page.</summary>
    Oidc,

    /// <summary>No session: each request carries its key or token.</summary>
    Bearer,
}

/// <summary>Signs in: exactly one of the two members.</summary>
/// <param name="Key">An API key.</param>
/// <param name="Link">What stands after the <c>#</c> of a sign-in link; it works once.</param>
public sealed record SignIn(string? Key = null, string? Link = null);

/// <summary>Who is signed in, and what they may do.</summary>
/// <param name="Name">The key's or user's name.</param>
/// <param name="PartnerId">For scope <c>partner</c>; null otherwise.</param>
/// <param name="OrgId">For scope <c>org</c>; null otherwise.</param>
/// <param name="Rights">What this role and scope may do, in lower snake case: <c>run_deployments</c>. The server judges each request anew.</param>
/// <param name="AntiForgeryToken">
/// To be sent as <c>X-Breeze-AntiForgery</c> with whatever changes something; the same while the session lasts. Null without a cookie, which needs none.
/// </param>
/// <param name="ExpiresAt">When the session ends at the latest, or the key or token; null for a key that never does.</param>
public sealed record Session(
    string Name,
    KeyScope Scope,
    Guid? PartnerId,
    Guid? OrgId,
    KeyRole Role,
    IReadOnlyList<string> Rights,
    string? AntiForgeryToken,
    DateTimeOffset? ExpiresAt,
    SignedInBy SignedInBy);

/// <summary>Which ways of signing in this installation has, beside API keys and links.</summary>
/// <param name="Oidc">Whether <c>/session/oidc</c> leads to an issuer's sign-in page.</param>
public sealed record SessionOptions(bool Oidc);

/// <summary>A sign-in link just made.</summary>
/// <param name="Url">Opens the console signed in, once. Null when the answer is given again for the same <c>Idempotency-Key</c>.</param>
/// <param name="ExpiresAt">From when it no longer works.</param>
public sealed record SignInLink(string? Url, DateTimeOffset ExpiresAt);

/// <summary>Names that a browser's requests and the server agree on.</summary>
public static class SessionNames
{
    /// <summary>The sign-in cookie; scripts cannot read it.</summary>
    public const string Cookie = "breeze_session";

    /// <summary>The header with <see cref="Session.AntiForgeryToken"/>.</summary>
    public const string AntiForgeryHeader = "X-Breeze-AntiForgery";
}
