namespace Breeze.Silo.Access;

/// <summary>Sign-in by the tokens of an OpenID Connect issuer, beside API keys.</summary>
/// <remarks>
/// A token's <c>breeze_role</c> claim is viewer, technician or admin, and its <c>breeze_scope</c> claim <c>system</c>,
/// <c>partner:GUID</c> or <c>org:GUID</c>. A token without both is refused.
/// </remarks>
public sealed record OidcSettings
{
    /// <summary>The issuer's https address, where its metadata is found; null (the default): only API keys sign in.</summary>
    public string? Issuer { get; init; }

    /// <summary>The audience that a token must name.</summary>
    public string Audience { get; init; } = "breeze";

    internal string? Contradiction() =>
        Issuer is null || (Uri.TryCreate(Issuer, UriKind.Absolute, out var address) && address.Scheme == "https")
            ? null
            : $"oidc.issuer must be an https URL, not '{Issuer}'.";
}
