namespace Breeze.Silo.Agents;

/// <summary>Keeps the silo's lease while it runs; closes the agents' sockets when it is lost, and when the silo stops.</summary>
internal sealed partial class SiloLeaseKeeper(
    SiloLease lease,
    LeaseTimes times,
    AgentConnections connections,
    CommandKeys keys,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<SiloLeaseKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await lease.Take();
        lifetime.ApplicationStopping.Register(connections.Drain);
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Renew(stoppingToken), Watch(stoppingToken));

    private async Task Renew(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(times.RenewEvery, clock);
        while (await Tick(timer, stopping))
        {
            try
            {
                await lease.Renew(connections.Count);
                keys.Refresh();
                await connections.DepartLate();
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
