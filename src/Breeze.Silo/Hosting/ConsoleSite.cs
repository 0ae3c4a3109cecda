using Breeze.Silo.Access;

namespace Breeze.Silo.Hosting;

/// <summary>The web console at <c>/</c>: files, and one page that routes itself.</summary>
internal static class ConsoleSite
{
    private const string Reason = "The console's files hold nothing of anybody; what it shows comes from the API, which needs a sign-in.";

    /// <summary>Scripts, styles, fonts and connections from here alone; styles in attributes are how the component library sets sizes.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    // What is not found under these is not found: the console's page there would look like an answer.
    private static readonly string[] Others = ["/api", "/hubs", "/openapi", "/health", "/docs", "/dashboard", "/metrics", "/_framework", "/_content"];

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
        app.MapFallback("{*path:nonfile}", Page).WithMetadata(new HttpMethodMetadata(["GET", "HEAD"])).Public(Reason).ExcludeFromDescription();
    }

    private static IResult Page(HttpContext http, IWebHostEnvironment environment)
    {
        var page = environment.WebRootFileProvider.GetFileInfo("index.html");
        if (!page.Exists || Others.Any(other => http.Request.Path.StartsWithSegments(other, StringComparison.OrdinalIgnoreCase)))
        {
            return Results.NotFound();
        }

        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.CacheControl = "no-cache";
        return Results.Stream(page.CreateReadStream(), "text/html; charset=utf-8");
    }
}
