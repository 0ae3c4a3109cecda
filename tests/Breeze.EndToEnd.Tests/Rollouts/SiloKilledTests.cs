using System.Text.Json;
using Breeze.Contracts.Deployments;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;

namespace Breeze.EndToEnd.Tests.Rollouts;

/// <summary>kill -9 of the silo in every phase of one rollout: it ends by itself, nothing is lost, nothing runs twice.</summary>
public sealed class SiloKilledTests : IAsyncLifetime
{
    private const int Simulated = 11;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-kill-").FullName;
    private SiloProcess _silo = null!;
    private TestTenant _tenant = null!;
    private AgentProcess _agent = null!;
    private SimulatedFleet _fleet = null!;

    public async Task InitializeAsync()
    {
        _silo = await SiloProcess.Start(_folder);
        _tenant = await TestTenant.Create(_silo.Client);
        _agent = await AgentProcess.Enroll(_silo.Address, _tenant.EnrollmentKey, _folder);
        _fleet = await SimulatedFleet.Start(new FleetOptions
        {
            Server = _silo.Address,
            Devices = Simulated,
            EnrollmentKey = _tenant.EnrollmentKey,
            Behaviour = new FleetBehaviour
            {
                Seed = 11,
                ShortestRun = TimeSpan.FromSeconds(2),
                LongestRun = TimeSpan.FromSeconds(4),
                DuplicateShare = 0.5,
                // In the first batch, which is ordered by hostname: its retry is the backoff in which the silo dies.
                Scripted = new Dictionary<int, IReadOnlyList<OutcomeKind>> { [0] = [OutcomeKind.Failed, OutcomeKind.Completed] },
            },
        });
        await _tenant.Online(Simulated + 1);
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _agent.DisposeAsync();
        await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_rollout_survives_the_silos_death_in_each_of_its_phases()
    {
        var effect = Path.Combine(_folder, "effect");
        var deployment = await InitializeWhileKilled($"echo \"$BREEZE_COMMAND_ID\" >> {effect}; sleep 3");

        await _silo.Client.Deployments.Start(deployment);
        await KillAndReturn();

        await _tenant.Until(deployment, now => now.Progress!.Running > 0, "in flight", Patience);
        await KillAndReturn();

        await _tenant.Until(deployment, now => now.Progress is { Retrying: 1, Running: 0 }, "in backoff", Patience);
        await KillAndReturn();

        await _tenant.Until(deployment, now => now.Progress is { NextBatchAt: not null, Running: 0, CurrentBatch: 1 }, "between its batches", Patience);
        await KillAndReturn();

        await _tenant.Until(deployment, now => now.Progress is { CurrentBatch: 2, Running: > 0 }, "in its second batch", Patience);
        await _silo.Client.Deployments.Pause(deployment);
        await KillAndReturn();
        // Everything of the last batch was in flight, so it may end although it is paused: what ends wins over pausing.
        var paused = await _tenant.Until(deployment, now => now.Progress!.Running == 0, "done with what was in flight", Patience);
        if (paused.Progress!.Pending > 0)
        {
            Assert.Equal(DeploymentStatus.Paused, paused.Status);
            await _silo.Client.Deployments.Resume(deployment);
        }

        await AssertEndedWell(deployment, effect);
    }

    // The request may have been answered, done without an answer, or lost: afterwards it is a draft still, or initialized whole.
    private async Task<Guid> InitializeWhileKilled(string script)
    {
        var deployment = await _tenant.Create(script, new RolloutConfig
        {
            Type = "staggered",
            Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement("50%"), BatchDelayMinutes = 1 },
            RetryConfig = new RetryConfig { MaxRetries = 1, BackoffMinutes = [1] },
        });
        var initializing = _silo.Client.Deployments.Initialize(deployment);
        await Task.Delay(30);
        await KillAndReturn();
        await initializing.ContinueWith(_ => { }, TaskScheduler.Default);
        var now = (await _silo.Client.Deployments.Get(deployment)).Value;
        if (now.Status == DeploymentStatus.Draft)
        {
            await _silo.Client.Deployments.Initialize(deployment);
            now = (await _silo.Client.Deployments.Get(deployment)).Value;
        }

        Assert.Equal((DeploymentStatus.Pending, Simulated + 1), (now.Status, now.Progress!.Total));
        return deployment;
    }

    private async Task KillAndReturn()
    {
        await _silo.Kill();
        await _silo.Start();
    }

    private async Task AssertEndedWell(Guid deployment, string effect)
    {
        var ended = await _tenant.Ended(deployment, Patience);
        Assert.Equal(DeploymentStatus.Completed, ended.Status);
        Assert.Equal((Simulated + 1, Simulated + 1), (ended.Progress!.Completed, ended.Progress.Total));

        var attempts = new List<Guid>();
        await foreach (var record in _silo.Client.Deployments.Devices(deployment))
        {
            var whole = await _silo.Client.Deployments.Device(deployment, record.DeviceId);
            Assert.InRange(whole.Attempts!.Count, 1, 2);
            attempts.AddRange(whole.Attempts.Select(attempt => attempt.CommandId));
            Assert.True(whole.Result!.Success, $"{whole.DeviceHostname}: {whole.Result}");
        }

        Assert.Empty(_fleet.Journal.RanTwice);
        var onTheRealAgent = await File.ReadAllLinesAsync(effect);
        Assert.Equal(onTheRealAgent.Distinct(), onTheRealAgent);
        Assert.Equal(
            attempts.Order(), _fleet.Journal.Runs.Keys.Concat(onTheRealAgent.Select(Guid.Parse)).Order());
    }
}
