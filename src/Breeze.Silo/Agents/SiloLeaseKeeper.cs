using System.Diagnostics.Metrics;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Keeps the silo's lease while it runs; closes the agents' sockets when it is lost, and when the silo stops.</summary>
internal sealed partial class SiloLeaseKeeper(
    SiloLease lease,
    LeaseTimes times,
    AgentConnections connections,
    CommandKeys keys,
    IDatabase database,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<SiloLeaseKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);
    private readonly Meter _meter = new("Breeze");

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await lease.Take();
        _meter.CreateObservableGauge("breeze.lease.held", () => lease.IsHeld ? 1 : 0, "{lease}", "1 while this silo may send and let agents in.");
        _meter.CreateObservableGauge("breeze.lease.age", () => lease.Age.TotalSeconds, "s", "Since the silo's lease was last renewed.");
        lifetime.ApplicationStopping.Register(BeginDrain);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        connections.Drain();
        await base.StopAsync(cancellationToken);
        try
        {
            await lease.End().WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It lapses by itself.
            LogNotEnded(error);
        }
    }

    // What operators see of it; nothing waits for it, for the database may be what is stopping the silo.
    private void BeginDrain()
    {
        connections.Drain();
        _ = Note();

        async Task Note()
        {
            try
            {
                await lease.Drain();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogNotRenewed(error);
            }
        }
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Renew(stoppingToken), Watch(stoppingToken));

    private async Task Renew(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(times.RenewEvery, clock);
        while (await Tick(timer, stopping))
        {
            try
            {
                await lease.Renew(connections.Count);
                if (keys.Refresh())
                {
                    await database.Write(tx => CommandKeyRegister.Add(tx, keys.Public, clock.GetUtcNow()), stopping);
                }

                await connections.DepartLate();
                connections.DeliverLate();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogNotRenewed(error);
            }
        }
    }

    // Apart from the renewal, which may hang together with the database.
    private async Task Watch(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(WatchEvery, clock);
        while (await Tick(timer, stopping))
        {
            connections.CloseSilent();
            if (!lease.IsHeld)
            {
                connections.CloseAll("This silo lost its lease.");
            }
        }
    }

    private static async Task<bool> Tick(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silo's lease was not renewed")]
    private partial void LogNotRenewed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silo's lease was not given back")]
    private partial void LogNotEnded(Exception error);
}
