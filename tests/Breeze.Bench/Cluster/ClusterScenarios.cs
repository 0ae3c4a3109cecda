using System.Diagnostics;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Orleans.Configuration;

namespace Breeze.Bench.Cluster;

/// <summary>What is measured of several silos: idle agents, storms, the cost of a rollout by the number of silos, and what a death costs.</summary>
public static class ClusterScenarios
{
    private const int Fleets = 3;
    private const double Megabyte = 1_048_576;
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(45);

    /// <summary>Very many agents on three silos: idle, coming back after deaths, and in one rollout.</summary>
    /// <param name="agents">In all, in three processes.</param>
    public static async Task Crowd(int agents, Action<string> line)
    {
        await using var cluster = await BenchCluster.Start();
        await Idle(cluster, agents / Fleets, line);
        await Storms(cluster, line);
        await Everybody(cluster, line);
    }

    /// <summary>The same rollout on one, two and three silos, each on a database of its own; then the death of one of three.</summary>
    public static async Task Silos(int agents, Action<string> line)
    {
        var first = await BySilos(1, agents, line);
        foreach (var silos in new[] { 2, 3 })
        {
            var cost = await BySilos(silos, agents, line);
            line($"  against one silo                       {cost / first,10:N2} x           (aim at most 1.33)");
        }

        line($"  one silo once more, against the first    {await BySilos(1, agents, line) / first,8:N2} x           (what the machine alone does)");
        await using var cluster = await BenchCluster.Start();
        await AfterADeath(cluster, line);
    }

    private static async Task Idle(BenchCluster cluster, int each, Action<string> line)
    {
        await cluster.Open(silos: 3, Fleets);
        await Task.Delay(TimeSpan.FromSeconds(10));
        var empty = cluster.Memory();
        var agents = each * Fleets;
        line($"{agents,9:N0} agents enrolled and connected  {await cluster.Connect(each),10:N1} s");
        await Task.Delay(TimeSpan.FromSeconds(30));
        var before = await cluster.Cost();
        const int Minute = 60;
        await Task.Delay(TimeSpan.FromSeconds(Minute));
        var cost = await cluster.Cost() - before;
        line($"memory of three silos                   {empty / Megabyte,10:N0} MB without agents, {cluster.Memory() / Megabyte:N0} MB with {agents:N0} idle ones: {(cluster.Memory() - empty) / (double)agents:N0} bytes each");
        line($"idle agents cost                        {cost.Silos / Minute:P1} of one core in the silos, {cost.Database / Minute:P1} in the database, {cost.Transactions / (double)Minute:N1} transactions/s, {cost.Rows / (double)Minute:N1} rows/s");
    }

    private static async Task Storms(BenchCluster cluster, Action<string> line)
    {
        var agents = cluster.Agents * Fleets;
        var held = await cluster.Held(3);
        var (one, since) = (Stopwatch.StartNew(), BenchCluster.Now);
        await cluster.Silos[2].Kill();
        var back = await cluster.Online(held, since, one);
        line($"kill -9 of one of three silos            of its {held:N0} agents half are online elsewhere after {back.Half:N1} s, 90 % after {back.Most:N1} s, all after {back.All:N1} s");
        await cluster.Silos[2].Start();

        (var all, since) = (Stopwatch.StartNew(), BenchCluster.Now);
        await Task.WhenAll(cluster.Silos.Select(silo => silo.Kill()));
        cluster.Silos.ToList().ForEach(silo => silo.Launch());
        await Task.WhenAll(cluster.Silos.Select(silo => silo.UntilReady()));
        var ready = all.Elapsed.TotalSeconds;
        back = await cluster.Online(agents, since, all);
        line($"kill -9 of all, and started again        ready after {ready:N1} s; of {agents:N0} agents half are online after {back.Half:N1} s, 90 % after {back.Most:N1} s, all after {back.All:N1} s");
    }

    private static async Task Everybody(BenchCluster cluster, Action<string> line)
    {
        var before = await cluster.Cost();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(cluster.Organizations.Select(org => Rollout(cluster, org)));
        var seconds = clock.Elapsed.TotalSeconds;
        await Cost(cluster, cluster.Agents * Fleets, seconds, before, $"rollout of {cluster.Agents * Fleets,9:N0}, three silos", line);
        line($"room in the database, indexes included  {await Room(cluster, "devices"):N0} bytes a device, {await Room(cluster, "deployment_devices"):N0} a record, {await Room(cluster, "device_commands"):N0} its command; "
            + $"{await cluster.Ask<long>("select count(*) from orleans_reminders"):N0} reminders; {await cluster.Ask<long>("select count(*) from pg_stat_activity where datname = current_database()"):N0} connections");
    }

    // What is dead and not yet reused counts too, as it does on a disk.
    private static Task<double> Room(BenchCluster cluster, string table) =>
        cluster.Ask<double>($"select pg_total_relation_size('{table}') / (select count(*) from {table})::float");

    // The same devices, the same rollout; only the number of silos differs.
    private static async Task<double> BySilos(int silos, int agents, Action<string> line)
    {
        const int WarmUps = 7;
        const int Times = 5;
        await using var cluster = await BenchCluster.Start();
        await cluster.Open(silos, fleets: 1);
        await cluster.Connect(agents);
        // What runs often is compiled, and compiled again better: each silo has its share of these, which are not counted.
        for (var n = 0; n < WarmUps * silos; n++)
        {
            await Rollout(cluster, cluster.Organizations[0]);
        }

        var before = await cluster.Cost();
        var clock = Stopwatch.StartNew();
        for (var n = 0; n < Times; n++)
        {
            await Rollout(cluster, cluster.Organizations[0]);
        }

        return await Cost(cluster, Times * agents, clock.Elapsed.TotalSeconds, before, $"{Times} rollouts of {agents,6:N0}, {silos} silo{(silos == 1 ? " " : "s")}", line);
    }

    // Milliseconds of processor time a device.
    private static async Task<double> Cost(BenchCluster cluster, int devices, double seconds, ClusterCost before, string what, Action<string> line)
    {
        // The server tells of rows and transactions a moment later.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var cost = await cluster.Cost() - before;
        var (silos, database) = (cost.Silos * 1_000 / devices, cost.Database * 1_000 / devices);
        line($"{what,-39} {devices / seconds,10:N0} devices/s; a device costs {silos + database:N2} ms of a core ({silos:N2} in the silos, {database:N2} in the database), "
            + $"{(double)cost.Rows / devices:N1} rows, {(double)cost.Transactions / devices:N2} transactions, {(double)cost.Log / devices / 1024:N1} kB of log");
        return silos + database;
    }

    private static async Task AfterADeath(BenchCluster cluster, Action<string> line)
    {
        const int Deployments = 9;
        await cluster.Open(silos: 3, fleets: 1);
        await cluster.Connect(1_000);
        var running = await Task.WhenAll(Enumerable.Range(0, Deployments).Select(_ => Initialized(cluster, cluster.Organizations[0], new RolloutConfig
        {
            Type = "staggered",
            Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement(1), BatchDelayMinutes = 0 },
        })));
        await Task.WhenAll(running.Select(id => cluster.Client.Deployments.Start(id)));
        await Task.Delay(TimeSpan.FromSeconds(10));
        var killed = BenchCluster.Now;
        await cluster.Silos[1].Kill();
        await Task.Delay(Watched);
        var until = BenchCluster.Now;
        var pauses = new List<double>();
        foreach (var id in running)
        {
            pauses.Add(await LongestPause(cluster, id, killed, until));
        }

        pauses.Sort();
        var (detector, lease) = (new ClusterMembershipOptions(), LeaseTimes.Default);
        OrleansSetup.DetectFailures(detector);
        line($"failure detector                        a probe waits {Seconds(detector.ProbeTimeout)}, of a slow silo up to {Seconds(detector.MaxProbeTimeout)}; {detector.NumMissedProbesLimit} missed ones and {detector.NumVotesForDeathDeclaration} votes are a death; "
            + $"a silo's lease on its agents is renewed every {Seconds(lease.RenewEvery)} and holds for {Seconds(lease.Validity)}");
        line($"kill -9 of one of three silos            {Deployments} deployments, one device after the other: longest time without a command {string.Join(", ", pauses.Select(p => $"{p:N1}"))} s");
        await Task.WhenAll(running.Select(id => cluster.Client.Deployments.Cancel(id)));

        await cluster.Silos[1].Start();
        foreach (var seconds in new[] { 3, 6, 9, 12, 15 })
        {
            cluster.Silos[2].Freeze();
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            cluster.Silos[2].Thaw();
            var thawed = Stopwatch.StartNew();
            while (!cluster.Silos[2].HasExited && thawed.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(100);
            }

            line($"a silo that stands still for {seconds,2} s         {(cluster.Silos[2].HasExited ? $"is taken for dead, and ends {thawed.Elapsed.TotalSeconds:N1} s after it woke" : "goes on")}");
            if (cluster.Silos[2].HasExited)
            {
                await cluster.Silos[2].Start();
            }
        }
    }

    // Between the death and the end of the look: the first command after it, and every other pause since.
    private static Task<double> LongestPause(BenchCluster cluster, Guid deployment, long from, long until) => cluster.Ask<double>(
        """
        select max(next - at) / 1000.0 from (
          select at, lead(at) over (order by at) as next from (
            select sent_at as at from device_commands
            where gate_id = (select gate_id from deployments where id = @deployment) and sent_at between @from and @until
            union all select @from union all select @until) sent) pauses
        """,
        new { deployment, from, until });

    private static async Task Rollout(BenchCluster cluster, Guid org)
    {
        var id = await Initialized(cluster, org, new RolloutConfig { Type = "immediate" });
        await cluster.Client.Deployments.Start(id);
        while (true)
        {
            var deployment = (await cluster.Client.Deployments.Get(id)).Value;
            if (deployment.Status is DeploymentStatus.Completed or DeploymentStatus.Failed)
            {
                if (deployment.Progress?.Completed != cluster.Agents)
                {
                    throw new InvalidOperationException($"{deployment.Progress} instead of {cluster.Agents} completed.");
                }

                return;
            }

            await Task.Delay(100);
        }
    }

    private static async Task<Guid> Initialized(BenchCluster cluster, Guid org, RolloutConfig rollout)
    {
        var script = await cluster.Client.Scripts.Create(new ScriptBody
        {
            OrgId = org,
            Name = "Script",
            Language = ScriptLanguage.Bash,
            Content = "echo done",
            TimeoutSeconds = 3_600,
        });
        var id = (await cluster.Client.Deployments.Create(new DeploymentBody
        {
            OrgId = org,
            Name = "Bench",
            Type = "script",
            Payload = JsonSerializer.SerializeToElement(new { scriptId = script.Id }),
            TargetType = "all",
            TargetConfig = new TargetConfig { Type = "all" },
            RolloutConfig = rollout,
        })).Value.Id;
        await cluster.Client.Deployments.Initialize(id);
        return id;
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.#} s";
}
