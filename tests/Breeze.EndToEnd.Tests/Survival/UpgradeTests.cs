using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.Contracts.Deployments;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Breeze.Silo.Tests.Fixture;
using Xunit.Abstractions;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>Silos are replaced one by one, by a newer build and back, under a rollout and an operator: nobody notices.</summary>
/// <remarks>By hand with more: BREEZE_UPGRADE_SILOS, BREEZE_UPGRADE_DEVICES; and with another earlier build: BREEZE_UPGRADE_FROM.</remarks>
public sealed class UpgradeTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly int Devices = Setting("BREEZE_UPGRADE_DEVICES", 60);
    private static readonly int Silos = Setting("BREEZE_UPGRADE_SILOS", 2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-upgrade-").FullName;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly SiloProcess[] _silos = new SiloProcess[Silos];
    private readonly SortedDictionary<string, int> _unrepeated = [];
    private string[] _arguments = [];
    private int _calls;

    public async Task InitializeAsync()
    {
        if (UpgradeFactAttribute.Missing is null)
        {
            _arguments =
            [
                "--storage:engine", "postgres", "--storage:connectionString", await (await PostgresServer.Get()).EmptyDatabase(),
                "--storage:allowUnsafeDurability", "true", "--agents:commandKeyFile", Path.Combine(_folder, "command-keys.json"),
            ];
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos.Where(silo => silo is not null))
        {
            await silo.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [UpgradeFact]
    public async Task A_rollout_goes_on_while_silos_are_replaced_by_newer_ones_and_back()
    {
        var (before, now) = (await PreviousBuild.Build(_folder), BuiltProgram.Assembly("Breeze.Silo"));
        Say("the silo from before is built");
        for (var silo = 0; silo < Silos; silo++)
        {
            await Start(silo, before);
        }

        await using var front = await LoadBalancer.Start(_folder, _silos.Select(silo => silo.Address));
        using var client = BreezeClient.Connect(front.Address, await _silos[0].AdminKey(), new BreezeClientOptions { Attempts = 8 });
        var tenant = await TestTenant.Create(client);
        await using var fleet = await Fleet(front.Address, tenant.EnrollmentKey);
        await fleet.WaitUntilConnected().WaitAsync(Patience);
        var deployment = await tenant.Initialize("true", InBatches("10%"));
        await client.Deployments.Start(deployment);

        using var end = new CancellationTokenSource();
        var operators = Task.WhenAll(Enumerable.Range(0, 4).Select(n => Operate(n, front.Address, client, end.Token)));
        await tenant.Until(deployment, d => d.Progress!.Completed > 0, "under way", Patience);
        await Replace(0, now);
        var half = (await client.Deployments.Get(deployment)).Value;
        Assert.True(half.Progress!.Completed < Devices, "The rollout was over before silos of both builds ran beside each other.");
        var second = await tenant.Initialize("true", InBatches("25%"));
        await client.Deployments.Start(second);
        for (var silo = 1; silo < Silos; silo++)
        {
            await Replace(silo, now);
        }

        // The way back: the build from before, on the schema of today's.
        await Replace(0, before);

        Assert.Equal(DeploymentStatus.Completed, (await tenant.Ended(deployment, Patience)).Status);
        Assert.Equal(DeploymentStatus.Completed, (await tenant.Ended(second, Patience)).Status);
        await end.CancelAsync();
        await operators;
        Say($"{_calls} calls of operators, none failed; without a repeat these would have: {string.Join(", ", _unrepeated.Select(f => $"{f.Value} × {f.Key}"))}");
        await RanOnce(client, fleet, deployment, second);
    }

    private async Task Start(int number, string assembly, Uri? address = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, number.ToString(CultureInfo.InvariantCulture))).FullName;
        _silos[number] = SiloProcess.Of(folder, address, [], assembly, _arguments);
        await _silos[number].Start();
        Say($"silo {number} is ready");
    }

    private async Task Replace(int number, string assembly)
    {
        var leaving = Stopwatch.StartNew();
        var silo = _silos[number];
        Assert.Equal(0, await silo.Stop());
        Say($"silo {number} left in {leaving.Elapsed.TotalSeconds:0.0} s");
        Assert.True(leaving.Elapsed < TimeSpan.FromSeconds(30), $"It took {leaving.Elapsed} to leave.");
        await silo.DisposeAsync();
        await Start(number, assembly, silo.Address);
    }

    // Reads and writes through the load balancer, each first without a repeat: how many fail so is told, not judged.
    private async Task Operate(int number, Uri server, BreezeClient patient, CancellationToken end)
    {
        using var impatient = BreezeClient.Connect(server, await _silos[0].AdminKey(), new BreezeClientOptions { Attempts = 1 });
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            try
            {
                await Call(impatient, $"{number}-{i}");
            }
            catch (BreezeException e)
            {
                lock (_unrepeated)
                {
                    var kind = $"{e.Status?.ToString(CultureInfo.InvariantCulture) ?? "no answer"} {e.Message.Split('\n')[0]}";
                    _unrepeated[kind] = _unrepeated.GetValueOrDefault(kind) + 1;
                }

                // Not caught: a call that fails for a client that repeats fails the test.
                await Call(patient, $"{number}-{i} again");
            }

            Interlocked.Increment(ref _calls);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private static async Task Call(BreezeClient client, string name)
    {
        var made = await client.Organizations.Create(new CreateOrganization(name));
        Assert.Equal(name, (await client.Organizations.Get(made.Id)).Name);
    }

    private static RolloutConfig InBatches(string size) => new()
    {
        Type = "staggered",
        Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement(size), BatchDelayMinutes = 0 },
    };

    private static Task<SimulatedFleet> Fleet(Uri server, string key) => SimulatedFleet.Start(new FleetOptions
    {
        Server = server,
        Devices = Devices,
        EnrollmentKey = key,
        Behaviour = new FleetBehaviour { Seed = 9, ShortestRun = TimeSpan.FromSeconds(1), LongestRun = TimeSpan.FromSeconds(4) },
    });

    private static async Task RanOnce(BreezeClient client, SimulatedFleet fleet, params Guid[] deployments)
    {
        Assert.Empty(fleet.Journal.RanTwice);
        Assert.Equal(deployments.Length * Devices, fleet.Journal.Runs.Count);
        foreach (var deployment in deployments)
        {
            var records = await client.Deployments.Devices(deployment).ToListAsync();
            Assert.Equal(Devices, records.Count);
            Assert.All(records, record => Assert.Equal((DeviceRecordStatus.Completed, 0), (record.Status, record.RetryCount)));
        }
    }

    private static int Setting(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : usual;

    private void Say(string what) => output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:0.0} s: {what}");
}

/// <summary>A fact that needs a PostgreSQL, a load balancer and the repository's history; skipped with the reason where one is missing.</summary>
public sealed class UpgradeFactAttribute : FactAttribute
{
    public UpgradeFactAttribute() => Skip = Missing;

    public static string? Missing => ClusterFactAttribute.Missing ?? PreviousBuild.Missing;
}
