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

    public bool Add(HubCallerContext context, CallerIdentity caller, LiveTopic topic)
    {
        var connection = _connections.GetOrAdd(context.ConnectionId, _ => new Connection(context, caller));
        if (connection.Topics.Count >= MostPerConnection)
        {
            return false;
        }

        connection.Topics.TryAdd(topic, true);
        Watch(topic);
        return true;
    }

    public void Remove(string connection, LiveTopic topic)
    {
        if (_connections.TryGetValue(connection, out var known))
        {
            known.Topics.TryRemove(topic, out _);
        }
    }

    public void RemoveAll(string connection) => _connections.TryRemove(connection, out _);

    /// <summary>Everything of a kind that somebody on this silo follows.</summary>
    public IReadOnlySet<Guid> Watched(LiveKind kind) =>
        _connections.Values.SelectMany(c => c.Topics.Keys).Where(t => t.Kind == kind).Select(t => t.Id).ToHashSet();

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

            foreach (var topic in _connections.Values.SelectMany(c => c.Topics.Keys).Distinct())
            {
                Watch(topic);
            }
        }
    }

    // A patch job is a run of the same engine; compliance and approvals are looked at, nobody has to be asked.
    private void Watch(LiveTopic topic)
    {
        if (topic.Kind is LiveKind.Deployment or LiveKind.Job)
        {
            source.Watch(topic.Id);
        }
    }

    private sealed record Connection(HubCallerContext Context, CallerIdentity Caller)
    {
        public ConcurrentDictionary<LiveTopic, bool> Topics { get; } = new();
    }
}
