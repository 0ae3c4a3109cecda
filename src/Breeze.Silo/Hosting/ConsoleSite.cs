using Breeze.Silo.Access;
using Microsoft.Extensions.FileProviders;

namespace Breeze.Silo.Hosting;

/// <summary>The web console at <c>/</c>: files, and one page that routes itself.</summary>
internal static class ConsoleSite
{
    private const string Reason = "The console's files hold nothing of anybody; what it shows comes from the API, which needs a sign-in.";

    /// <summary>Scripts, styles, fonts and connections from here alone; styles in attributes are how the component library sets sizes.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    // What is not found under these is not found: the console's page there would look like an answer. The issuer's sign-in answers /session itself.
    private static readonly string[] Others = ["/api", "/session", "/hubs", "/openapi", "/health", "/docs", "/dashboard", "/metrics", "/_framework", "/_content"];

    /// <summary>In a build the files lie where they were built, in a published silo in <c>wwwroot</c>.</summary>
    public static void UseConsoleFiles(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseStaticWebAssets();
        // The files are as they were built; looking again at each request is for those who edit them.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
    }

    public static void MapConsole(this WebApplication app)
    {
        // Programs that only contain a silo, such as tests of its parts, have no console beside them.
        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, "Breeze.Silo.staticwebassets.endpoints.json")))
        {
            return;
        }

        app.MapStaticAssets().WithMetadata(new PublicRouteAttribute(Reason)).Add(endpoint =>
        {
            var serve = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http =>
            {
                http.Response.Headers.ContentSecurityPolicy = Policy;
                return serve(http);
            };
        });
    }

    /// <summary>Answers every address that is nobody else's with the page that routes itself.</summary>
    /// <remarks>Not a fallback route: one with methods turns what does not exist into 405, one without them what takes no such method into 404.</remarks>
    public static void UseConsolePage(this WebApplication app)
    {
        var page = app.Environment.WebRootFileProvider.GetFileInfo("index.html");
        app.Use((http, next) => page.Exists && IsPage(http) ? Show(http, page) : next(http));
    }

    private static bool IsPage(HttpContext http) =>
        http.GetEndpoint() is null
        && (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        && !Path.HasExtension(http.Request.Path)
        && !Others.Any(other => http.Request.Path.StartsWithSegments(other, StringComparison.OrdinalIgnoreCase));

    private static Task Show(HttpContext http, IFileInfo page)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.ContentLength = page.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.SendFileAsync(page);
    }
}
