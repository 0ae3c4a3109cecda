using Breeze.Contracts;

namespace Breeze.Silo.Hosting;

/// <summary>What every route of the API shares.</summary>
public static class HttpConventions
{
    /// <summary>JSON, the size of bodies, and bad requests that reach <see cref="HttpErrors"/> instead of an empty 400.</summary>
    public static IServiceCollection AddHttpConventions(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(o =>
        {
            BreezeJson.Configure(o.SerializerOptions);

            // Of requests alone: what devices say is made storable instead, for a script's output may hold anything.
            o.SerializerOptions.Converters.Add(new TextConverter());
        });
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(o =>
        {
            o.Limits.MaxRequestBodySize = HttpErrors.LargestBody;
            o.AddServerHeader = false;
        });
        return services;
    }

    /// <summary>First in the pipeline: request ids and problems. Everything after it may throw.</summary>
    public static IApplicationBuilder UseHttpConventions(this IApplicationBuilder app)
    {
        app.UseMiddleware<HttpErrors>();
        Departure.Use(app);
        return app;
    }
}
