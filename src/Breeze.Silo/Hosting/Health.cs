using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>Whether the process runs, and whether it can do work now.</summary>
public static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary><c>/health/live</c>: 200 while the process runs. <c>/health/ready</c>: 200, or 503 while starting, stopping or without a database.</summary>
    /// <remarks>An overloaded silo is ready: a load balancer that sent all its agents elsewhere would overload the next one.
    /// <c>/health/ready?stopping=404</c> tells a silo that leaves (404) from one that cannot, for HAProxy, which then cuts nothing.</remarks>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        const string Reason = "An orchestrator asks it without a key; it tells one word.";
        routes.MapGet("/health/live", () => Results.Text("live")).Public(Reason).ExcludeFromDescription();
        routes.MapGet("/health/ready", Ready).Public(Reason).ExcludeFromDescription();
    }

    private static async Task<IResult> Ready(string? stopping, IHostApplicationLifetime lifetime, IDatabase database, CancellationToken aborted)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return stopping == "404" ? Results.Text("stopping", statusCode: StatusCodes.Status404NotFound) : NotReady("stopping");
        }

        if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            return NotReady("starting");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(Patience);
        try
        {
            await database.Ping(patience.Token);
            return Results.Text("ready");
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException && !aborted.IsCancellationRequested)
        {
            return NotReady("no database");
        }
    }

    private static IResult NotReady(string why) => Results.Text(why, statusCode: StatusCodes.Status503ServiceUnavailable);
}
