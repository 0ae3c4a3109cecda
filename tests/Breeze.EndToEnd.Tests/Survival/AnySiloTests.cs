using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Breeze.Contracts.Live;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Breeze.Silo.Tests.Fixture;
using Xunit.Abstractions;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>Three silos behind a load balancer, of which one is killed: agents and consoles are at home on any.</summary>
public sealed class AnySiloTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Moving = 45;
    private const int Bound = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-any-").FullName;
    private ClusterProcesses _cluster = null!;

    public async Task InitializeAsync()
    {
        if (ClusterFactAttribute.Missing is null)
        {
            var database = await (await PostgresServer.Get()).EmptyDatabase();
            _cluster = await ClusterProcesses.Start(_folder, database, silos: 3, network: null, "--storage:allowUnsafeDurability", "true");
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [ClusterFact]
    public async Task When_a_silo_is_killed_its_devices_are_soon_offline_or_elsewhere_and_consoles_and_commands_go_on()
    {
        var (moving, bound) = (await TestTenant.Create(_cluster.Client, "Moving"), await TestTenant.Create(_cluster.Client, "Bound"));
        await using var fleet = await Connect(moving, _cluster.Address, Moving, "moving");
        var boundFleet = await Connect(bound, _cluster.Silos[1].Address, Bound, "bound");
        await moving.Online(Moving);
        await bound.Online(Bound);

        // A console on the first silo; the deployment is made and started on the second, which is then killed.
        using var onFirst = await _cluster.ClientOf(1);
        await using var console = onFirst.Live();
        var seen = new ConcurrentDictionary<Guid, DeviceRecordStatus>();
        DeploymentProgress? progress = null;
        console.Progressed += p => progress = p;
        var fetch = 0;
        console.DevicesChanged += c =>
        {
            c.Devices.ToList().ForEach(d => seen[d.DeviceId] = d.Status);
            Interlocked.Add(ref fetch, c.More ? 1 : 0);
        };
        await console.Start();
        using (var onSecond = await _cluster.ClientOf(2))
        {
            var deployment = await Staggered(onSecond, moving);
            await console.Subscribe(deployment);
            await onSecond.Deployments.Start(deployment);
            await TestTenant.Until(() => Seen(() => progress is { Progress.Completed: >= 10 } && seen.Count >= 10, "ten devices' ends on the first silo's console"), Patience);
            Assert.NotEqual(DeploymentStatus.Completed, progress!.Status);

            var clock = Stopwatch.StartNew();
            await _cluster.Silos[1].Kill();
            var waiting = await bound.Initialize("true");
            await _cluster.Client.Deployments.Start(waiting);
            await TestTenant.Until(async () => await Offline(bound) is var gone && gone == Bound ? null : $"{gone} of {Bound} devices are offline", TimeSpan.FromSeconds(30));
            output.WriteLine($"The dead silo's devices were offline after {clock.Elapsed.TotalSeconds:0.0} s.");
            await TestTenant.Until(async () => await Offline(moving) is var gone && gone == 0 ? null : $"{gone} devices that can connect elsewhere are offline", TimeSpan.FromSeconds(30) - clock.Elapsed);

            // What waited for them since the silo's death reaches them on another.
            await boundFleet.DisposeAsync();
            await using var back = await Connect(bound, _cluster.Address, Bound, "bound");
            Assert.Equal(DeploymentStatus.Completed, (await bound.Ended(waiting, Patience)).Status);
            Assert.Empty(back.Journal.RanTwice);

            await TestTenant.Until(() => Seen(() => progress is { Status: DeploymentStatus.Completed, Progress.Completed: Moving }, "the end on the console"), Patience);
            await TestTenant.Until(
                async () =>
                {
                    // As a console does: it fetches only when it is told that it missed something.
                    if (Interlocked.Exchange(ref fetch, 0) > 0)
                    {
                        await foreach (var record in onFirst.Deployments.Devices(deployment))
                        {
                            seen[record.DeviceId] = record.Status;
                        }
                    }

                    return seen.Count(device => device.Value == DeviceRecordStatus.Completed) is var ended && ended == Moving ? null : $"{ended} of {Moving} devices have ended on the console";
                },
                TimeSpan.FromSeconds(60));
            Assert.Empty(fleet.Journal.RanTwice);
            output.WriteLine($"Both deployments had ended {clock.Elapsed.TotalSeconds:0.0} s after the silo's death.");
        }

        Task<string?> Seen(Func<bool> isSeen, string what) => Task.FromResult(isSeen() ? null : $"there is {progress?.Status} {progress?.Progress} and {seen.Count} devices, not {what}");
    }

    private Task<SimulatedFleet> Connect(TestTenant tenant, Uri server, int devices, string name) => SimulatedFleet.Start(new FleetOptions
    {
        Server = server,
        Devices = devices,
        EnrollmentKey = tenant.EnrollmentKey,
        CredentialsFile = Path.Combine(_folder, name + ".json"),
        HostnamePrefix = name,
        Behaviour = new FleetBehaviour { ShortestRun = TimeSpan.FromSeconds(1), LongestRun = TimeSpan.FromSeconds(4) },
    });

    private static async Task<Guid> Staggered(BreezeClient client, TestTenant tenant)
    {
        var deployment = await tenant.Create("true", new RolloutConfig
        {
            Type = "staggered",
            Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement(15), BatchDelayMinutes = 0 },
            RetryConfig = new RetryConfig { MaxRetries = 1, BackoffMinutes = [1] },
        });
        await client.Deployments.Initialize(deployment);
        return deployment;
    }

    private async Task<int> Offline(TestTenant tenant) =>
        await _cluster.Client.Devices.List([("orgId", tenant.OrgId)]).CountAsync(device => device.Status == DeviceStatus.Offline);
}
