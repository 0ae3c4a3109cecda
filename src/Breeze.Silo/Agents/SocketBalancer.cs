using Breeze.Core;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Hands agents over to silos that have fewer: a new one takes its share, and the last one of a rolling restart is not left empty.</summary>
internal sealed partial class SocketBalancer(
    IDatabase database, AgentConnections connections, SiloLease lease, TimeProvider clock, ILogger<SocketBalancer> logger) : BackgroundService
{
    // By then who was asked has waited as it was told to, and connected somewhere.
    private static readonly TimeSpan JudgedAfter = TimeSpan.FromSeconds(10);

    private readonly SocketBalance _balance = new();
    private readonly Queue<(long At, IReadOnlyList<DeviceId> Devices)> _asked = new();

    /// <summary>One turn. Returns how many agents were asked to connect elsewhere.</summary>
    internal async Task<int> Turn()
    {
        while (_asked.TryPeek(out var batch) && clock.GetElapsedTime(batch.At) >= JudgedAfter)
        {
            _asked.Dequeue();
            _balance.Judge(batch.Devices.Count, batch.Devices.Count(d => connections.Find(d) is not null));
        }

        if (connections.IsDraining || !lease.IsHeld || connections.Count == 0)
        {
            return 0;
        }

        var now = clock.GetTimestamp();
        var most = _balance.Ask(clock.GetElapsedTime(0, now), connections.Count, await Agents());
        var devices = most == 0 ? [] : connections.HandOver(most);
        if (devices.Count > 0)
        {
            _asked.Enqueue((now, devices));
            AgentMetrics.HandedOver.Add(devices.Count);
            LogHandedOver(devices.Count);
        }

        return devices.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SocketBalance.Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TurnOrLog();
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task TurnOrLog()
    {
        try
        {
            await Turn();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogFailed(error.Message);
        }
    }

    private async Task<IReadOnlyCollection<int>> Agents() => (await database.Read(connection => connection.QueryAsync<int>(
        "select case when silo_id = @here then @own else agents end from silo_leases where ended_at is null and draining_since is null and lease_until > @now",
        new { here = lease.SiloId, own = connections.Count, now = clock.GetUtcNow().ToUnixTimeMilliseconds() }))).AsList();

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} agents were asked to connect to a silo that has fewer")]
    private partial void LogHandedOver(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silos' agents were not compared: {Why}")]
    private partial void LogFailed(string why);
}
