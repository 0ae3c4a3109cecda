using System.Globalization;
using Breeze.Contracts.Agents;
using Breeze.Core;

namespace Breeze.Silo.Hosting.Load;

/// <summary>Refuses, before anything else is done for them, requests that an overloaded silo does without: 503 and when to come back.</summary>
/// <remarks>Agents' sockets are counted and refused by their own admission, which asks the same <see cref="Overload"/>.</remarks>
public sealed class LoadShedding(RequestDelegate next, Overload overload, SiloSettings settings)
{
    private int _inFlight;

    public async Task Invoke(HttpContext http)
    {
        var asked = RequestClasses.Of(http);
        // A socket is one request for as long as it lives.
        if (asked == RequestClass.Vital || http.Request.Path.StartsWithSegments(AgentMethods.HubPath, StringComparison.Ordinal))
        {
            await next(http);
            return;
        }

        if (http.Request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal))
        {
            await (overload.Sheds(asked) ? Refuse(http, asked) : next(http));
            return;
        }

        // Counted before it is judged: two at the same moment must not both be the last one.
        var before = Interlocked.Increment(ref _inFlight) - 1;
        try
        {
            var isRefused = overload.Sheds(asked) || Overload.IsFull(asked, before, settings.Limits.RequestsAtOnce);
            await (isRefused ? Refuse(http, asked) : next(http));
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private Task Refuse(HttpContext http, RequestClass asked)
    {
        LoadMetrics.Shed(asked);
        http.Response.Headers.RetryAfter = ShedLoad.RetryAfterSeconds(overload.Level).ToString(CultureInfo.InvariantCulture);
        return Problems.Write(http, StatusCodes.Status503ServiceUnavailable, new(RefusalKind.Unavailable, ShedLoad.Reason));
    }
}

/// <summary>What who is refused is told.</summary>
internal static class ShedLoad
{
    public const string Reason = "This silo is overloaded and does not take this for the moment; come back as Retry-After says.";

    /// <summary>Longer the worse it is, and spread: those refused together must not come back together.</summary>
    public static int RetryAfterSeconds(int level) => 2 + Random.Shared.Next(4 * (1 + level));
}

public static class LoadSetup
{
    public static IServiceCollection AddLoadShedding(this IServiceCollection services) => services
        .AddSingleton(OverloadLimits.Default)
        .AddSingleton<Overload>()
        .AddHostedService<LoadWatch>();

    /// <summary>After the problems' middleware, before everything that costs.</summary>
    public static IApplicationBuilder UseLoadShedding(this IApplicationBuilder app) => app.UseMiddleware<LoadShedding>();
}
