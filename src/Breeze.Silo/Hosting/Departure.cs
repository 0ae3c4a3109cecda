using System.Globalization;
using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>The time between the word to stop and the end of listening: the load balancer sends no more, what still comes is done.</summary>
/// <remarks>
/// <c>/health/ready</c> fails and the agents are asked to go at once. Had the listener closed then too, whatever the balancer sent before its
/// next look would have failed.
/// </remarks>
internal sealed partial class Departure(SiloSettings settings, ILogger<Departure> logger) : IHostedLifecycleService
{
    private const string ConsoleHub = "/hubs/console";

    // A lone silo has nobody to go to: it need not wait.
    private TimeSpan Grace => settings.Storage.Engine == EngineKind.Sqlite ? TimeSpan.Zero : TimeSpan.FromSeconds(settings.Cluster.DrainSeconds);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (Grace > TimeSpan.Zero)
        {
            LogLeaving(settings.Cluster.DrainSeconds);
            // Real time: what is waited for are other machines.
            await Task.Delay(Grace, TimeProvider.System, cancellationToken);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// While the silo leaves, each answer ends its connection, so that the next request takes another silo even where no balancer looks;
    /// consoles' sockets, which would be cut soon after and be waited for, are refused.
    /// </summary>
    public static void Use(IApplicationBuilder app)
    {
        var stopping = app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        app.Use((http, next) =>
        {
            if (!stopping.IsCancellationRequested)
            {
                return next(http);
            }

            if (http.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
            {
                http.Response.Headers.Connection = "close";
            }

            // Agents are told by their own admission, which spreads them.
            if (!http.Request.Path.StartsWithSegments(ConsoleHub, StringComparison.Ordinal))
            {
                return next(http);
            }

            http.Response.Headers.RetryAfter = 1.ToString(CultureInfo.InvariantCulture);
            return Problems.Write(http, StatusCodes.Status503ServiceUnavailable, new(RefusalKind.Unavailable, "This silo is stopping."));
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Asked to stop: not ready from now on, listening for {Seconds} s more")]
    private partial void LogLeaving(int seconds);
}
