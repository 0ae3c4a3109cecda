using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Model;

/// <summary>One deployment, its devices and its operator, all from one seed, with the plain model of what must come of it.</summary>
public sealed class ModelSequence(SiloFixture silo, ModelTenant tenant, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(DeviceId Id, ModelAgent Agent)> _devices = [];
    private readonly List<string> _said = [];
    private Guid _id;
    private int _maxRetries;
    private int? _sentWhenStopped;
    private int _acknowledged;

    public bool IsCancelled { get; private set; }

    public override string ToString() => $"seed {seed} ({_id}): {string.Join(", ", _said)}";

    public async Task Begin()
    {
        var devices = _random.Next(1, 7);
        for (var i = 0; i < devices; i++)
        {
            var device = tenant.TakeDevice();
            _devices.Add((device, new ModelAgent(device, (seed * 31) + i)));
            if (_random.NextDouble() < 0.85)
            {
                await Connect(_devices[i].Agent);
            }
        }

        _maxRetries = _random.Next(0, 3);
        var created = await Post("/api/v1/deployments", new
        {
            orgId = tenant.Org,
            name = $"Model {seed}",
            type = "script",
            payload = new { scriptId = tenant.Script, rollbackScriptId = tenant.Script },
            targetConfig = new { type = "devices", deviceIds = _devices.Select(d => d.Id.Value).ToArray() },
            rolloutConfig = Rollout(),
        });
        _id = created.Json.GetProperty("data").GetProperty("id").GetGuid();
        _acknowledged++;
        await Operate("initialize", DeploymentCommand.Initialize);
        if (_random.NextDouble() < 0.95)
        {
            await Operate("start", DeploymentCommand.Start);
        }
    }

    /// <summary>One thing an operator or a device does.</summary>
    public async Task Act()
    {
        var dice = _random.NextDouble();
        await (dice switch
        {
            < 0.06 => Operate("pause", DeploymentCommand.Pause),
            < 0.16 => Operate("resume", DeploymentCommand.Resume),
            < 0.175 => Operate("cancel", DeploymentCommand.Cancel),
            < 0.19 => Operate("rollback", DeploymentCommand.RollBack),
            < 0.21 => Operate("start", DeploymentCommand.Start),
            < 0.27 => Retry(),
            < 0.32 => Flap(),
            < 0.34 => Twice("pause"),
            _ => Task.CompletedTask,
        });
    }

    public Task Speak() => Task.WhenAll(_devices.Select(d => d.Agent.Speak(silo.Clock.Now)));

    public void LoseConnections() => _devices.ForEach(d => d.Agent.LoseConnection());

    public Task Reconnect() => Task.WhenAll(_devices.Where(d => !d.Agent.IsConnected).Select(d => Connect(d.Agent)));

    public Guid Id => _id;

    /// <summary>I1 to I5 by the tables and the agents' journals.</summary>
    public async Task Look()
    {
        await Invariants.Hold(silo, _id);
        Look(await Sent());
    }

    /// <summary>I1 by how many of its commands were sent by now, and I5; the tables are looked at by who holds all sequences.</summary>
    public void Look(int sentByNow)
    {
        if (_sentWhenStopped is { } sent)
        {
            Assert.True(sentByNow == sent, $"I1: {sentByNow - sent} commands became sent while stopped. {this}");
        }

        Assert.All(_devices, d => Assert.All(d.Agent.Ran, run => Assert.True(run.Value == 1, $"I5: {run.Key} ran {run.Value} times. {this}")));
    }

    /// <summary>Faults stop: everybody answers, nobody stays paused.</summary>
    public async Task Behave()
    {
        _devices.ForEach(d => d.Agent.Behaves = true);
        await Reconnect();
        var now = (await Stage()).Stage;
        if (now == Core.Deployments.Stage.Pending)
        {
            await Operate("start", DeploymentCommand.Start);
        }

        await HasEnded((await Stage()).Stage);
    }

    /// <summary>By its stage now; who is paused is resumed.</summary>
    public async Task<bool> HasEnded(Stage now)
    {
        if (now == Core.Deployments.Stage.Paused)
        {
            await Operate("resume", DeploymentCommand.Resume);
        }

        return now is Core.Deployments.Stage.Completed or Core.Deployments.Stage.Failed or Core.Deployments.Stage.Cancelled;
    }

    /// <summary>The end: every record by what its device was acknowledged to have said, the state by the counts, the audit by what was answered.</summary>
    public async Task Judge()
    {
        await Look();
        var records = await silo.Database.Read(async c => (await c.QueryAsync<FinalRecord>(
            """
            select d.run, d.device_id, d.status, d.attempt, d.command_id, k.outcome, k.late from deployment_devices d
            join deployments p on p.id = d.deployment_id left join device_commands k on k.id = d.command_id where d.deployment_id = @_id
            """,
            new { _id })).ToList());
        foreach (var record in records)
        {
            Assert.True(record.Attempt <= 1 + _maxRetries, $"I4: {record.Attempt} attempts with {_maxRetries} retries. {this}");
            var agent = _devices.Single(d => d.Id == record.DeviceId).Agent;
            if (record is { Status: 3, CommandId: { } done })
            {
                Assert.True(
                    agent.Acknowledged.TryGetValue(done, out var said) && said == Breeze.Contracts.Agents.ResultStatus.Completed && agent.Ran.ContainsKey(done),
                    $"A record is completed and its device never said so. {this}");
            }
        }

        var backoff = await silo.Database.Read(c => c.ExecuteScalarAsync<long>(
            """
            select count(*) from device_commands a join device_commands b on b.origin = a.origin and b.attempt = a.attempt + 1
            where a.gate_id in (select gate_id from deployments where id = @_id union select gate_id from deployment_runs where deployment_id = @_id)
              and b.bypasses_gate = 0 and b.sent_at < coalesce(a.ended_at, b.sent_at + 1) + 60000
            """,
            new { _id }));
        Assert.True(backoff == 0, $"I4: {backoff} attempts were sent before their backoff. {this}");

        var status = await Status();
        if (IsCancelled)
        {
            Assert.True(status == "cancelled" || _said.Contains("rollback"), $"I8: cancelled and then {status}. {this}");
        }

        var audited = await silo.Database.Read(c => c.ExecuteScalarAsync<long>(
            "select count(*) from audit_logs where target_id = @id and result = 'ok' and actor_kind <> 'system'", new { id = _id.ToString() }));
        Assert.True(audited == _acknowledged, $"I10: {_acknowledged} changes were answered and {audited} audited. {this}");
    }

    private async Task Operate(string action, DeploymentCommand command)
    {
        var before = await Stage();
        var (status, body) = await Post($"/api/v1/deployments/{_id}/{action}", new { });
        var after = await Stage();
        if (status != HttpStatusCode.OK)
        {
            // It may have ended by itself between the look and the request: then one of the two stages explains the refusal.
            var explained = Lifecycle.Next(before.Stage, command) is null || Lifecycle.Next(after.Stage, command) is null || command == DeploymentCommand.RollBack;
            Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict && explained, $"I8: {action} at {before} answered {status}: {body}. {this}");
            return;
        }

        // Let through against the look before it: only if the engine itself (a limit, an end) saved something in between.
        var engineStepped = after.Version - before.Version > 1;
        Assert.True(Lifecycle.Next(before.Stage, command) is not null || engineStepped, $"I8: {action} at {before} was let through. {this}");
        Done(action, command);
        if (command is DeploymentCommand.Pause or DeploymentCommand.Cancel)
        {
            _sentWhenStopped = await Sent();
        }
    }

    /// <summary>Two identical requests at once: one effect, one audit line.</summary>
    private async Task Twice(string action)
    {
        var answers = await Task.WhenAll(Post($"/api/v1/deployments/{_id}/{action}", new { }), Post($"/api/v1/deployments/{_id}/{action}", new { }));
        var taken = answers.Count(a => a.Status == HttpStatusCode.OK);
        Assert.True(taken <= 1, $"I8: {action} twice at once was taken twice. {this}");
        if (taken == 1)
        {
            Done(action, DeploymentCommand.Pause);
            _sentWhenStopped = await Sent();
        }
    }

    private void Done(string action, DeploymentCommand command)
    {
        _said.Add(action);
        _acknowledged++;
        IsCancelled |= command == DeploymentCommand.Cancel;
        if (command is DeploymentCommand.Resume or DeploymentCommand.RollBack or DeploymentCommand.Start)
        {
            _sentWhenStopped = null;
        }
    }

    private async Task Retry()
    {
        var device = _devices[_random.Next(_devices.Count)];
        var (status, _) = await Post($"/api/v1/deployments/{_id}/devices/{device.Id}/retry", new { });
        if (status == HttpStatusCode.OK)
        {
            _said.Add("retry");
            _acknowledged++;
        }
    }

    private async Task Flap()
    {
        var (_, agent) = _devices[_random.Next(_devices.Count)];
        if (agent.IsConnected)
        {
            await agent.Disconnect();
        }
        else
        {
            await Connect(agent);
        }
    }

    private Task Connect(ModelAgent agent) => agent.Connect(silo.Services.GetRequiredService<AgentConnections>());

    private object Rollout()
    {
        var retryConfig = new { maxRetries = _maxRetries, backoffMinutes = new[] { 1, 2 }, attemptTimeoutMinutes = _random.Next(1, 4) };
        if (_random.NextDouble() < 0.3)
        {
            return new { type = "immediate", retryConfig };
        }

        return new
        {
            type = "staggered",
            staggered = new
            {
                batchSize = _random.Next(1, 4),
                batchDelayMinutes = _random.Next(0, 3),
                pauseOnFailureCount = _random.NextDouble() < 0.4 ? (int?)_random.Next(1, 4) : null,
                batchGate = _random.NextDouble() < 0.3 ? "timer" : "completion",
            },
            retryConfig,
        };
    }

    // Of this deployment's runs, without the named exception: an operator's retry of one device.
    private Task<int> Sent() => silo.Database.Read(c => c.ExecuteScalarAsync<int>(
        """
        select cast(count(*) as int) from device_commands where bypasses_gate = 0 and gate_id in
          (select gate_id from deployments where id = @_id union select gate_id from deployment_runs where deployment_id = @_id)
        """,
        new { _id }));

    private Task<Seen> Stage() => silo.Database.Read(c => c.QuerySingleAsync<Seen>("select stage, version from deployments where id = @_id", new { _id }));

    private async Task<string> Status()
    {
        using var answer = await silo.Admin.GetAsync($"/api/v1/deployments/{_id}");
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").GetProperty("status").GetString()!;
    }

    private async Task<(HttpStatusCode Status, JsonElement Json)> Post(string path, object body)
    {
        using var answer = await silo.Admin.PostAsJsonAsync(path, body, BreezeJson.Lenient);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private sealed record Seen
    {
        public Stage Stage { get; init; }

        public long Version { get; init; }
    }

    private sealed class FinalRecord
    {
        public int Run { get; init; }

        public DeviceId DeviceId { get; init; }

        public int Status { get; init; }

        public int Attempt { get; init; }

        public Guid? CommandId { get; init; }
    }
}
