using System.Collections.Concurrent;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Who on this silo watches what; asks for it again every few seconds, and ends the connections of keys that no longer hold.</summary>
internal sealed class LiveSubscriptions(ILiveSource source, Callers callers, TimeProvider clock) : BackgroundService
{
    private const int MostPerConnection = 100;
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Connection> _connections = new();

    public bool Add(HubCallerContext context, CallerIdentity caller, Guid deployment)
    {
        var connection = _connections.GetOrAdd(context.ConnectionId, _ => new Connection(context, caller));
        if (connection.Deployments.Count >= MostPerConnection)
        {
            return false;
        }

        connection.Deployments.TryAdd(deployment, true);
        source.Watch(deployment);
        return true;
    }

    public void Remove(string connection, Guid deployment)
    {
        if (_connections.TryGetValue(connection, out var known))
        {
            known.Deployments.TryRemove(deployment, out _);
        }
    }

    public void RemoveAll(string connection) => _connections.TryRemove(connection, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Renewal, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var connection in _connections.Values)
            {
                if (await callers.Refresh(connection.Caller) is null)
                {
                    connection.Context.Abort();
                }
            }

            foreach (var deployment in _connections.Values.SelectMany(c => c.Deployments.Keys).Distinct())
            {
                source.Watch(deployment);
            }
        }
    }

    private sealed record Connection(HubCallerContext Context, CallerIdentity Caller)
    {
        public ConcurrentDictionary<Guid, bool> Deployments { get; } = new();
    }
}
