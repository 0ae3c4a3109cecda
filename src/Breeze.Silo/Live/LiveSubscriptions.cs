using System.Collections.Concurrent;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Who on this silo watches what; asks for it again every few seconds, and ends the connections of keys that no longer hold.</summary>
internal sealed partial class LiveSubscriptions(ILiveSource source, Callers callers, TimeProvider clock, ILogger<LiveSubscriptions> logger) : BackgroundService
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
            try
            {
                await EndRevoked();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Whoever is connected stays so until it can be told again; a background service that fails would stop the whole silo.
                LogNotJudged(error.Message);
            }

            foreach (var topic in _connections.Values.SelectMany(c => c.Topics.Keys).Distinct())
            {
                Watch(topic);
            }
        }
    }

    private async Task EndRevoked()
    {
        foreach (var connection in _connections.Values)
        {
            if (await callers.Refresh(connection.Caller) is null)
            {
                connection.Context.Abort();
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether the keys behind live connections still hold could not be told: {Why}")]
    private partial void LogNotJudged(string why);

    private sealed record Connection(HubCallerContext Context, CallerIdentity Caller)
    {
        public ConcurrentDictionary<LiveTopic, bool> Topics { get; } = new();
    }
}
