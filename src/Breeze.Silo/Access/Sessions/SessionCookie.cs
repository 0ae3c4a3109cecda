using Breeze.Contracts.Access;

namespace Breeze.Silo.Access.Sessions;

/// <summary>The cookie that carries a session's secret: not for scripts, not for requests that another site causes.</summary>
internal static class SessionCookie
{
    /// <summary>The secret that a request carries as its only credential; null when it has none, or names another.</summary>
    public static string? Of(HttpRequest request) =>
        request.Cookies[SessionNames.Cookie] is { Length: SessionSecret.Length } secret && !CarriesAnother(request) ? secret : null;

    public static void Set(HttpContext http, string secret, DateTimeOffset expiresAt) =>
        http.Response.Cookies.Append(SessionNames.Cookie, secret, Options(http, expiresAt));

    public static void Remove(HttpContext http) => http.Response.Cookies.Delete(SessionNames.Cookie, Options(http, null));

    // Whoever sends a key means it, whatever a browser adds.
    private static bool CarriesAnother(HttpRequest request) =>
        request.Headers.Authorization.Count > 0
        || request.Headers.ContainsKey("X-API-Key")
        || (request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal) && request.Query.ContainsKey("access_token"));

    private static CookieOptions Options(HttpContext http, DateTimeOffset? expiresAt) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = PublicAddress.IsHttps(http.Request),
        Path = "/",
        Expires = expiresAt,
        IsEssential = true,
    };
}
