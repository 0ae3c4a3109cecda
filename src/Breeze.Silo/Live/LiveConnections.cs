using System.Collections.Concurrent;
using Breeze.Contracts.Live;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>The consoles connected to this silo; ends those whose key or session has ended, and says so to them first.</summary>
internal sealed partial class LiveConnections(Callers callers, IHubContext<ConsoleHub> hub, TimeProvider clock, ILogger<LiveConnections> logger)
    : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Connection> _connections = new();

    public void Add(HubCallerContext context, CallerIdentity caller) => _connections[context.ConnectionId] = new Connection(context, caller);

    public void Remove(string connection) => _connections.TryRemove(connection, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var (id, connection) in _connections)
                {
                    if (await callers.Refresh(connection.Caller) is null && _connections.TryRemove(id, out _))
                    {
                        // Not awaited: a console that does not read must not keep the others waiting.
                        _ = End(id, connection.Context);
                    }
                }
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Whoever is connected stays so until it can be told again; a background service that fails would stop the whole silo.
                LogNotLooked(error.Message);
            }
        }
    }

    private async Task End(string id, HubCallerContext context)
    {
        try
        {
            await hub.Clients.Client(id).SendAsync(ConsoleHubMethods.SessionEnded).WaitAsync(Patience, TimeProvider.System);
        }
        catch (Exception error)
        {
            // It reads no more, or is gone; then it needs no word.
            LogDeaf(error, id);
        }

        context.Abort();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether consoles are still signed in was not looked at: {Why}")]
    private partial void LogNotLooked(string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Console {Connection} did not take the word that its session has ended")]
    private partial void LogDeaf(Exception error, string connection);

    private sealed record Connection(HubCallerContext Context, CallerIdentity Caller);
}
