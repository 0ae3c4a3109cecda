using System.Globalization;
using Breeze.EndToEnd.Tests.Processes;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>Simulated agents in processes of their own, each with a journal of everything its devices ran.</summary>
public sealed class FaultFleet : IAsyncDisposable
{
    private const int Processes = 2;
    private readonly FaultWorld _world;
    private readonly int _devices;
    private readonly BuiltProgram?[] _running = new BuiltProgram?[Processes];
    private FaultSchedule? _schedule;

    /// <param name="devices">In all.</param>
    public FaultFleet(FaultWorld world, int devices) => (_world, _devices) = (world, devices);

    /// <summary>The journals' files.</summary>
    public IEnumerable<string> Journals => Enumerable.Range(0, Processes).Select(Journal);

    /// <summary>Starts the devices in the schedule's mood; returns once nearly all of them are online.</summary>
    public async Task Start(FaultSchedule schedule)
    {
        _schedule = schedule;
        for (var process = 0; process < Processes; process++)
        {
            Launch(process);
        }

        // Some flap, so that hardly ever all are there.
        var enough = _devices * 9 / 10;
        await Rollouts.TestTenant.Until(
            async () => await Online() is var online && online >= enough ? null : $"{online} devices are online, not {enough}", TimeSpan.FromSeconds(120));
    }

    /// <summary>kill -9 of one process of agents; it comes again with its journal and its credentials.</summary>
    public async Task KillHalf(TimeSpan away)
    {
        await _running[0]!.Kill();
        await Task.Delay(away);
        Launch(0);
    }

    /// <summary>Ends the devices. Returns what their processes found wrong with their own journals; null for nothing.</summary>
    public async Task<string?> Stop()
    {
        var wrong = new List<string>();
        for (var process = 0; process < Processes; process++)
        {
            if (_running[process] is { } program)
            {
                program.Terminate();
                var code = await program.Exit(TimeSpan.FromSeconds(60));
                if (code != 0)
                {
                    wrong.Add($"Agents ended with {code}. {await program.Log()}");
                }

                await program.DisposeAsync();
                _running[process] = null;
            }
        }

        return wrong.Count == 0 ? null : string.Join('\n', wrong);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _running)
        {
            if (program is not null)
            {
                await program.DisposeAsync();
            }
        }
    }

    private Task<long> Online() => _world.Count(
        """
        select count(*) from devices d where d.disconnected_at is null and exists (
          select 1 from silo_leases l where l.silo_id = d.silo_id and l.ended_at is null and l.lease_until > @now)
        """,
        new { now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });

    private string Journal(int process) => Path.Combine(_world.Folder, $"agents{process}.journal");

    private void Launch(int process) => _running[process] = BuiltProgram.Start(
        "Breeze.Fleet",
        Path.Combine(_world.Folder, $"agents{process}.log"),
        [
            "--server", _world.Cluster.Address.ToString(), "--key", _world.EnrollmentKey, "--quiet",
            "--devices", (_devices / Processes).ToString(CultureInfo.InvariantCulture), "--prefix", $"fleet{process}",
            "--credentials", Path.Combine(_world.Folder, $"agents{process}.credentials"), "--journal", Journal(process),
            "--seed", ((_schedule!.Seed * Processes) + process).ToString(CultureInfo.InvariantCulture),
            "--duration", "50ms..3s", "--duplicate", "0.2", "--flap", "0.05", "--flap-every", "8s", "--flap-for", "1s", .. Mood(_schedule.Mood),
        ]);

    private static string[] Mood(FleetMood mood) => mood switch
    {
        FleetMood.Retrying => ["--success-rate", "0.9", "--interrupt", "0.02", "--reject", "0.02", "--late", "0.05", "--late-by", "2s"],
        // Beyond the attempt's minute and the minute of grace.
        FleetMood.Late => ["--success-rate", "0.98", "--late", "0.03", "--late-by", "130s"],
        _ => ["--success-rate", "0.98", "--interrupt", "0.005", "--late", "0.1", "--late-by", "2s"],
    };
}
