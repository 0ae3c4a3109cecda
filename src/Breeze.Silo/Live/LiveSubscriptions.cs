using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Who on this silo watches what; asks for it again every few seconds.</summary>
internal sealed class LiveSubscriptions(ILiveSource source, TimeProvider clock) : BackgroundService
{
    private const int MostPerConnection = 100;
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<LiveTopic, bool>> _connections = new();

    /// <summary>False when the connection follows as much as one may.</summary>
    public bool Add(HubCallerContext context, LiveTopic topic)
    {
        var topics = _connections.GetOrAdd(context.ConnectionId, _ => new());
        if (topics.Count >= MostPerConnection)
        {
            return false;
        }

        topics.TryAdd(topic, true);
        if (context.ConnectionAborted.IsCancellationRequested)
        {
            // It ended while it asked, and its end may have been noted before this: nobody would take it away any more.
            RemoveAll(context.ConnectionId);
        }

        Watch(topic);
        return true;
    }

    public void Remove(string connection, LiveTopic topic)
    {
        if (_connections.TryGetValue(connection, out var known))
        {
            known.TryRemove(topic, out _);
        }
    }

    public void RemoveAll(string connection) => _connections.TryRemove(connection, out _);

    /// <summary>Everything of a kind that somebody on this silo follows.</summary>
    public IReadOnlySet<Guid> Watched(LiveKind kind) =>
        _connections.Values.SelectMany(topics => topics.Keys).Where(t => t.Kind == kind).Select(t => t.Id).ToHashSet();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Renewal, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var topic in _connections.Values.SelectMany(topics => topics.Keys).Distinct())
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
}
