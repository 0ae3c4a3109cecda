using System.Diagnostics;
using System.Globalization;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit.Abstractions;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>Three silos under seeded faults, with deployments, patch jobs and reports under way: afterwards every invariant holds.</summary>
/// <remarks>
/// <c>BREEZE_FAULT_SEEDS=1-100</c> runs those seeds in a row (<c>17</c> replays one), <c>BREEZE_FAULT_DEVICES=2000</c> sets the agents,
/// <c>BREEZE_FAULT_LOG=FILE</c> keeps a line for each.
/// </remarks>
public sealed class FaultScheduleTests(ITestOutputHelper output)
{
    /// <summary>Everything due is over by then, where nothing has to wait for a backoff or a timeout: seconds as a rule, but two cores may run all of this twice over.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(180);

    private static readonly int Devices = int.Parse(Environment.GetEnvironmentVariable("BREEZE_FAULT_DEVICES") ?? "300", CultureInfo.InvariantCulture);

    [FaultFact]
    public async Task No_invariant_breaks_whatever_dies()
    {
        await using var world = await FaultWorld.Start();
        await using var fleet = new FaultFleet(world, Devices);
        foreach (var seed in Seeds())
        {
            var schedule = FaultSchedule.Of(seed, FaultWorld.Silos, world.Network is not null);
            Say(schedule.ToString());
            await Run(world, fleet, schedule);
        }
    }

    private async Task Run(FaultWorld world, FaultFleet fleet, FaultSchedule schedule)
    {
        var began = Stopwatch.StartNew();
        await fleet.Start(schedule);
        var devices = (await world.Ask(connection => connection.QueryAsync<Guid>("select id from devices order by hostname"))).ToArray();
        var restarts = world.Restarts;
        var work = new Operator(world, devices);
        using var injector = new FaultInjector(world, fleet);

        var connected = began.Elapsed;
        await Task.WhenAll(work.Work(schedule), injector.Run(schedule));
        var mended = Stopwatch.StartNew();
        await world.Healthy(TimeSpan.FromSeconds(90));
        await Ended(work, Patience(schedule.Mood));
        var calm = mended.Elapsed;

        var wrong = await fleet.Stop();
        var journal = JournalledCommand.Read(fleet.Journals);
        var broken = await world.Ask(connection => new InvariantChecker(connection, journal).Check(work.Rollouts, work.Jobs, work.Reports));
        var verdict = broken.Count == 0 && wrong is null ? "every invariant holds" : "BROKEN";
        Say(FormattableString.Invariant($"  {work.Rollouts.Count} deployments, {work.Jobs.Count} jobs, {work.Reports.Count} reports; agents connected in {connected.TotalSeconds:0.0} s;")
            + FormattableString.Invariant($" {world.Restarts - restarts} silos started again; all over {calm.TotalSeconds:0.0} s after the last fault, {began.Elapsed.TotalSeconds:0} s in all;")
            + FormattableString.Invariant($" {journal.Count} commands ran so far; {verdict}"));

        Assert.True(broken.Count == 0 && wrong is null, $"{schedule}\n{string.Join('\n', broken)}\n{wrong}");
    }

    // Whoever reads the log of a long run wants to know what was waited for.
    private async Task Ended(Operator work, TimeSpan within)
    {
        var clock = Stopwatch.StartNew();
        for (var said = 0; await work.Unfinished() is { } open;)
        {
            Assert.True(clock.Elapsed < within, $"{within.TotalSeconds:0} s after the last fault {open}.");
            if (clock.Elapsed.TotalSeconds > 15 * (said + 1))
            {
                said++;
                Say($"  after {clock.Elapsed.TotalSeconds:0} s: {open}");
            }

            await Task.Delay(200);
        }
    }

    // Of five batches, one after the other, each may wait for a minute's backoff and a try on top; or for a minute's timeout and its grace, twice.
    private static TimeSpan Patience(FleetMood mood) => mood switch
    {
        FleetMood.Retrying => Calm + TimeSpan.FromMinutes(5),
        FleetMood.Late => Calm + TimeSpan.FromMinutes(12),
        _ => Calm,
    };

    private static IEnumerable<int> Seeds()
    {
        var ends = (Environment.GetEnvironmentVariable("BREEZE_FAULT_SEEDS") ?? "5-6").Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToList();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BREEZE_FAULT_LOG") is { } file)
        {
            File.AppendAllText(file, $"{TimeProvider.System.GetUtcNow():HH:mm:ss} {line}\n");
        }
    }
}

/// <summary>Needs a PostgreSQL of its own and a load balancer; skipped with the reason where one is missing.</summary>
public sealed class FaultFactAttribute : FactAttribute
{
    public FaultFactAttribute() => Skip = PostgresServer.Missing ?? LoadBalancer.Missing;
}
