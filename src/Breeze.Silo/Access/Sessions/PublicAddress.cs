namespace Breeze.Silo.Access.Sessions;

/// <summary>The address at which the browser sees this server, also where a proxy in front ends TLS.</summary>
/// <remarks>
/// A proxy has to hand on the <c>Host</c> header, and say <c>X-Forwarded-Proto: https</c>. Another site's page can forge neither: a browser
/// does not let it set them.
/// </remarks>
internal static class PublicAddress
{
    public static bool IsHttps(HttpRequest request) =>
        request.IsHttps || string.Equals(request.Headers["X-Forwarded-Proto"].ToString(), "https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Scheme and authority, for example <c>https://breeze.example</c>.</summary>
    public static string Of(HttpRequest request) => $"{(IsHttps(request) ? "https" : "http")}://{request.Host.ToUriComponent()}";

    /// <summary>Whether an <c>Origin</c> is this server's own: same host and port; a page loaded over TLS may have lost it on the way here.</summary>
    public static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var page)
        && (page.Scheme == "https" || (page.Scheme == "http" && !IsHttps(request)))
        && page.AbsolutePath == "/" && page.UserInfo.Length == 0
        && string.Equals(page.Host, request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && page.Port == (request.Host.Port ?? (page.Scheme == "https" ? 443 : 80));

    /// <summary>A path of this server to go on at; the start page for whatever is none.</summary>
    public static string LocalPath(string? path) =>
        path is ['/', ..] and not ['/', '/', ..] && path.Length <= 2000 && !path.Any(c => c == '\\' || char.IsControl(c)) ? path : "/";
}
