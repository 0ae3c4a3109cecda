using System.Net;

namespace Breeze.Silo.Access;

/// <summary>Sign-in by an OpenID Connect issuer, beside API keys: by its tokens and, with a client, on its sign-in page.</summary>
/// <remarks>
/// A token's <c>breeze_role</c> claim is viewer, technician or admin, and its <c>breeze_scope</c> claim <c>system</c>,
/// <c>partner:GUID</c> or <c>org:GUID</c>. A token without both is refused.
/// </remarks>
public sealed record OidcSettings
{
    /// <summary>The issuer's https address, where its metadata is found; http on this machine alone. Null (the default): only API keys sign in.</summary>
    public string? Issuer { get; init; }

    /// <summary>The audience that a token must name.</summary>
    public string Audience { get; init; } = "breeze";

    /// <summary>The console's client at the issuer; null (the default): the console does not offer the issuer's sign-in page.</summary>
    public string? ClientId { get; init; }

    /// <summary>The client's secret, the same on all silos. Secret: set it from the environment.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Whether the console offers the issuer's sign-in page.</summary>
    internal bool SignsIn => Issuer is not null && ClientId is not null;

    /// <summary>Whether the issuer is reached over TLS.</summary>
    internal bool IsHttps => Issuer?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;

    internal string? Contradiction() => this switch
    {
        { Issuer: null, ClientId: not null } => "oidc.clientId is set, so oidc.issuer must be.",
        { ClientId: not null, ClientSecret: null or "" } => "oidc.clientId is set, so oidc.clientSecret must be; best by the environment.",
        { Issuer: { } issuer } when !IsAcceptable(issuer) => $"oidc.issuer must be an https URL, not '{issuer}'.",
        _ => null,
    };

    private static bool IsAcceptable(string issuer) =>
        Uri.TryCreate(issuer, UriKind.Absolute, out var address)
        && (address.Scheme == "https" || (address.Scheme == "http" && IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));
}
