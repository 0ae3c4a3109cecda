namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>Carries out a schedule's faults, and mends what they broke.</summary>
public sealed class FaultInjector(FaultWorld world, FaultFleet fleet) : IDisposable
{
    // The database is one thing: faults of it follow each other.
    private readonly SemaphoreSlim _database = new(1, 1);

    /// <summary>Returns once the last fault is over and its cause is mended.</summary>
    public Task Run(FaultSchedule schedule) => Task.WhenAll(schedule.Faults.Select(Inject));

    public void Dispose() => _database.Dispose();

    private async Task Inject(Fault fault)
    {
        await Task.Delay(fault.At);
        var silo = world.Cluster.Silos[fault.Silo - 1];
        switch (fault.Kind)
        {
            case FaultKind.KillSilo:
                await world.Kill(fault.Silo, fault.For);
                break;
            case FaultKind.FreezeSilo:
                await Freeze(silo, fault.For);
                break;
            case FaultKind.StopSilo:
                silo.Ask();
                break;
            case FaultKind.RestartDatabase or FaultKind.DatabaseAway:
                await Alone(async () =>
                {
                    await world.Database.StopImmediately();
                    await Task.Delay(fault.For);
                    await world.Database.StartAgain();
                });
                break;
            case FaultKind.CutTwoSilos:
                await Cut(fault.Silo, fault.For, world.Network!.AddressOf(fault.Other));
                break;
            case FaultKind.IsolateSilo:
                await Cut(fault.Silo, fault.For, [.. Enumerable.Range(1, FaultWorld.Silos).Where(n => n != fault.Silo).Select(world.Network!.AddressOf)]);
                break;
            case FaultKind.CutFromDatabase:
                await Cut(fault.Silo, fault.For, world.Network!.Database);
                break;
            case FaultKind.KillAgents:
                await fleet.KillHalf(fault.For);
                break;
            case FaultKind.FullDisk:
                await FillDisk(fault.For);
                break;
            default:
                throw new InvalidOperationException($"{fault.Kind} is no fault.");
        }
    }

    private static async Task Freeze(Processes.SiloProcess silo, TimeSpan time)
    {
        if (!silo.HasExited)
        {
            silo.Freeze();
            await Task.Delay(time);
            // It may have been killed meanwhile.
            if (!silo.HasExited)
            {
                silo.Thaw();
            }
        }
    }

    private async Task Cut(int silo, TimeSpan time, params string[] addresses)
    {
        var cut = addresses.Where(address => world.Network!.Cut(silo, address)).ToList();
        await Task.Delay(time);
        cut.ForEach(address => world.Network!.Mend(silo, address));
    }

    private Task FillDisk(TimeSpan time) => Alone(async () =>
    {
        if (world.Disk is { } disk)
        {
            disk.Fill();
            await Task.Delay(time);
            disk.Free();
            // A database that could not write its log may have ended over it.
            await world.Database.StartAgain();
        }
    });

    private async Task Alone(Func<Task> fault)
    {
        await _database.WaitAsync();
        try
        {
            await fault();
        }
        finally
        {
            _database.Release();
        }
    }
}
