using System.Net;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>Deployments end to end over HTTP, with agents in this process and virtual time.</summary>
public abstract class RolloutTests(SiloFixture silo)
{
    private static readonly object Immediate = new { type = "immediate" };

    [EngineFact]
    public async Task An_immediate_deployment_reaches_every_device_and_completes()
    {
        var world = await DeploymentWorld.Create(silo, 5);
        var id = await world.Started(Immediate);
        await world.UntilEnded(id);
        var deployment = await world.Deployment(id);
        Assert.Equal("completed", deployment.GetProperty("status").GetString());
        Assert.Equal(5, DeploymentWorld.Count(deployment, "completed"));
        Assert.Equal(100, DeploymentWorld.Count(deployment, "percentComplete"));
        Assert.All(world.Agents.Values, agent => Assert.Single(agent.Ran));
        var record = await world.Record(id, 0);
        Assert.Equal("done", record.GetProperty("result").GetProperty("output").GetString());
        Assert.Equal("completed", record.GetProperty("attempts")[0].GetProperty("state").GetString());
    }

    [EngineFact]
    public async Task The_next_batch_waits_for_the_whole_of_this_one_and_then_for_the_delay()
    {
        var world = await DeploymentWorld.Create(silo, 5);
        var id = await world.Started(new { type = "staggered", staggered = new { batchSize = 2, batchDelayMinutes = 30 } });
        await world.Until(id, "batch 1 over", d => d.GetProperty("progress").GetProperty("nextBatchAt").ValueKind != System.Text.Json.JsonValueKind.Null);
        var deployment = await world.Deployment(id);
        Assert.Equal(2, DeploymentWorld.Count(deployment, "completed"));
        Assert.Equal("running", deployment.GetProperty("status").GetString());
        var due = deployment.GetProperty("progress").GetProperty("nextBatchAt").GetDateTimeOffset();
        await silo.Clock.Advance(due - silo.Clock.Now - TimeSpan.FromSeconds(2));
        Assert.Empty(world.Agent(2).Received);
        await world.Until(id, "batch 2", d => DeploymentWorld.Count(d, "completed") == 4);
        var started = (await world.Record(id, 2)).GetProperty("startedAt").GetDateTimeOffset();
        Assert.InRange(started - due, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await world.UntilEnded(id, TimeSpan.FromHours(1), TimeSpan.FromSeconds(20));
        Assert.Equal(3, DeploymentWorld.Count(await world.Deployment(id), "totalBatches"));
    }

    [EngineFact]
    public async Task A_failing_device_is_tried_again_after_its_backoff_and_fails_when_its_retries_are_used()
    {
        var world = await DeploymentWorld.Create(silo, 2);
        world.Agent(0).Answers = command => InProcessAgent.Failed(command, 7);
        var id = await world.Started(new { type = "immediate", retryConfig = new { maxRetries = 2, backoffMinutes = new[] { 5, 15 } } });
        await world.Until(id, "backoff", d => DeploymentWorld.Count(d, "retrying") == 1);
        var first = silo.Clock.Now;
        await world.Until(id, "second attempt", _ => world.Agent(0).Ran.Count == 2, TimeSpan.FromMinutes(6), TimeSpan.FromSeconds(2));
        Assert.InRange(silo.Clock.Now - first, TimeSpan.FromMinutes(4.9), TimeSpan.FromMinutes(5.3));
        await world.UntilEnded(id, TimeSpan.FromHours(1), TimeSpan.FromSeconds(20));
        var deployment = await world.Deployment(id);
        Assert.Equal("completed", deployment.GetProperty("status").GetString());
        Assert.Equal((1, 1), (DeploymentWorld.Count(deployment, "completed"), DeploymentWorld.Count(deployment, "failed")));
        var record = await world.Record(id, 0);
        Assert.Equal((2, 2, "exit_code"), (record.GetProperty("retryCount").GetInt32(), record.GetProperty("maxRetries").GetInt32(), record.GetProperty("failureKind").GetString()));
        Assert.Equal(3, record.GetProperty("attempts").GetArrayLength());
        var refused = await world.Post($"/api/v1/deployments/{id}/devices/{world.Devices[0]}/retry", null, HttpStatusCode.BadRequest);
        Assert.Equal(2, refused.GetProperty("retryCount").GetInt32());
    }

    [EngineFact]
    public async Task A_script_that_its_agent_killed_at_its_timeout_failed_by_timeout_and_is_tried_again()
    {
        var world = await DeploymentWorld.Create(silo, 2);
        var answered = 0;
        world.Agent(0).Answers = command => Interlocked.Increment(ref answered) == 1 ? InProcessAgent.TimedOut(command) : InProcessAgent.Completed(command);
        world.Agent(1).Answers = InProcessAgent.TimedOut;
        var id = await world.Started(new { type = "immediate", retryConfig = new { maxRetries = 1, backoffMinutes = new[] { 1 } } });
        await world.UntilEnded(id, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5));
        Assert.Equal("completed", (await world.Record(id, 0)).GetProperty("status").GetString());
        var record = await world.Record(id, 1);
        Assert.Equal(("failed", "timeout"), (record.GetProperty("status").GetString(), record.GetProperty("failureKind").GetString()));
        var groups = await world.Get($"/api/v1/deployments/{id}/failures");
        Assert.Equal("timeout", groups.GetProperty("data")[0].GetProperty("kind").GetString());
    }

    [EngineFact]
    public async Task A_second_failure_in_ten_pauses_at_twenty_percent_and_a_resume_accepts_it()
    {
        var world = await DeploymentWorld.Create(silo, 10);
        world.Agent(0).Answers = command => InProcessAgent.Failed(command);
        world.Agent(1).Answers = command => InProcessAgent.Failed(command);
        var id = await world.Started(new { type = "staggered", staggered = new { batchSize = 5, pauseOnFailurePercent = 20 } });
        await world.UntilStatus(id, "paused");
        Assert.Contains("pauseOnFailurePercent", (await world.Deployment(id)).GetProperty("pausedReason").GetString(), StringComparison.Ordinal);
        Assert.All(Enumerable.Range(5, 5), i => Assert.Empty(world.Agent(i).Received));
        await world.Act(id, "resume");
        await world.UntilEnded(id);
        Assert.Equal("completed", (await world.Deployment(id)).GetProperty("status").GetString());
    }

    [EngineFact]
    public async Task Nothing_is_sent_while_paused_and_what_is_in_flight_counts()
    {
        var world = await DeploymentWorld.Create(silo, 4);
        world.Agent(0).Answers = _ => null;
        world.Agent(1).Answers = _ => null;
        var id = await world.Started(new { type = "staggered", staggered = new { batchSize = 2 } });
        await world.Until(id, "in flight", d => d.GetProperty("status").GetString() == "installing" && DeploymentWorld.Count(d, "running") == 2);
        await world.Act(id, "pause");
        foreach (var agent in new[] { world.Agent(0), world.Agent(1) })
        {
            Assert.True(agent.Received.TryPeek(out var command));
            await agent.Say(InProcessAgent.Completed(command!));
        }

        await world.Until(id, "counted", d => DeploymentWorld.Count(d, "completed") == 2);
        await silo.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(world.Agent(2).Received);
        Assert.Equal("paused", (await world.Deployment(id)).GetProperty("status").GetString());
        await world.Act(id, "resume");
        await world.UntilEnded(id);
    }

    [EngineFact]
    public async Task A_cancel_skips_what_was_not_accepted_and_lets_the_accepted_go_on()
    {
        var world = await DeploymentWorld.Create(silo, 4);
        world.Agent(0).Answers = _ => null;
        world.Agent(1).Accepts = false;
        var id = await world.Started(new { type = "staggered", staggered = new { batchSize = 2 } });
        await world.Until(id, "in flight", d => DeploymentWorld.Count(d, "running") == 2 && world.Agent(0).Ran.Count == 1 && world.Agent(1).Received.Count == 1);
        var cancelled = (await world.Act(id, "cancel")).GetProperty("data");
        Assert.Equal(("cancelled", 3, 1), (cancelled.GetProperty("status").GetString(), DeploymentWorld.Count(cancelled, "skipped"), DeploymentWorld.Count(cancelled, "running")));
        Assert.True(world.Agent(1).Received.TryPeek(out var withdrawn));
        Assert.False((await world.Agent(1).Accept(withdrawn!)).Proceed);
        Assert.True(world.Agent(0).Received.TryPeek(out var accepted));
        await world.Agent(0).Say(InProcessAgent.Completed(accepted!));
        await world.Until(id, "late result", d => DeploymentWorld.Count(d, "completed") == 1);
        Assert.Equal("cancelled", (await world.Deployment(id)).GetProperty("status").GetString());
        Assert.Equal("cancelled", (await world.Record(id, 1)).GetProperty("skipReason").GetString());
        await world.Act(id, "resume", HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task An_offline_device_is_skipped_and_retried_by_hand_without_a_charge()
    {
        var world = await DeploymentWorld.Create(silo, 2, online: false);
        await world.Agent(1).Connect();
        var id = await world.Started(Immediate);
        await world.UntilEnded(id);
        Assert.Equal("offline", (await world.Record(id, 0)).GetProperty("skipReason").GetString());
        var path = $"/api/v1/deployments/{id}/devices/{world.Devices[0]}/retry";
        await world.Post(path, null, HttpStatusCode.BadRequest);
        await world.Agent(0).Connect();
        await world.Post(path);
        await world.Until(id, "retried", d => DeploymentWorld.Count(d, "completed") == 2);
        Assert.Equal(0, (await world.Record(id, 0)).GetProperty("retryCount").GetInt32());
    }

    [EngineFact]
    public async Task A_device_that_was_just_lost_is_waited_for()
    {
        var world = await DeploymentWorld.Create(silo, 2);
        await world.Agent(0).Disconnect();
        var id = await world.Started(Immediate);
        await world.Until(id, "other done", d => DeploymentWorld.Count(d, "completed") == 1);
        await silo.Clock.Advance(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2));
        Assert.Equal(1, DeploymentWorld.Count(await world.Deployment(id), "pending"));
        await world.Agent(0).Connect();
        await world.UntilEnded(id, TimeSpan.FromSeconds(30));
        Assert.Equal(2, DeploymentWorld.Count(await world.Deployment(id), "completed"));
    }

    [EngineFact]
    public async Task An_attempt_without_a_result_is_cancelled_at_its_timeout_and_fails_after_the_grace()
    {
        var world = await DeploymentWorld.Create(silo, 1);
        world.Agent(0).Answers = _ => null;
        var id = await world.Started(new { type = "immediate", retryConfig = new { attemptTimeoutMinutes = 3 } });
        await world.Until(id, "accepted", _ => world.Agent(0).Ran.Count == 1);
        await silo.Clock.Advance(TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5));
        Assert.Equal(1, DeploymentWorld.Count(await world.Deployment(id), "running"));
        await Eventually.Is("cancel", () => Task.FromResult(world.Agent(0).Cancelled.Count), c => c == 1, "one cancel");
        await world.UntilStatus(id, "failed", TimeSpan.FromMinutes(1));
        Assert.Equal("timeout", (await world.Record(id, 0)).GetProperty("failureKind").GetString());
        Assert.True(world.Agent(0).Received.TryPeek(out var command));
        await world.Agent(0).Say(InProcessAgent.Completed(command!));
        await Invariants.Hold(silo, id);
        var record = await world.Record(id, 0);
        Assert.Equal(("failed", true), (record.GetProperty("status").GetString(), record.GetProperty("attempts")[0].GetProperty("late").GetBoolean()));
    }

    [EngineFact]
    public async Task A_rejected_or_interrupted_attempt_is_not_tried_again_by_itself()
    {
        var world = await DeploymentWorld.Create(silo, 2);
        world.Agent(0).Answers = c => new Result(c.Id, c.Attempt, ResultStatus.Rejected, Error: "no bash here");
        world.Agent(1).Answers = c => new Result(c.Id, c.Attempt, ResultStatus.Interrupted);
        var id = await world.Started(new { type = "immediate", retryConfig = new { maxRetries = 3 } });
        await world.UntilStatus(id, "failed");
        Assert.Equal("rejected", (await world.Record(id, 0)).GetProperty("failureKind").GetString());
        Assert.Equal("interrupted", (await world.Record(id, 1)).GetProperty("failureKind").GetString());
    }

    [EngineFact]
    public async Task A_device_of_an_abandoned_deployment_is_retried_by_hand_and_how_it_ended_stands()
    {
        var world = await DeploymentWorld.Create(silo, 3);
        world.Agent(0).Answers = c => new Result(c.Id, c.Attempt, ResultStatus.Rejected, Error: "not now");
        var id = await world.Started(new
        {
            type = "staggered",
            staggered = new { batchSize = 1, pauseOnFailureCount = 1, autoPauseTimeoutMinutes = 2 },
            retryConfig = new { maxRetries = 1 },
        });
        await world.UntilStatus(id, "paused");
        await world.UntilStatus(id, "failed", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10));
        await world.Until(id, "swept", d => DeploymentWorld.Count(d, "skipped") == 2);
        Assert.Equal("abandoned", (await world.Record(id, 1)).GetProperty("skipReason").GetString());
        await world.Post($"/api/v1/deployments/{id}/devices/{world.Devices[1]}/retry", null, HttpStatusCode.BadRequest);

        world.Agent(0).Answers = command => InProcessAgent.Completed(command);
        var path = $"/api/v1/deployments/{id}/devices/{world.Devices[0]}/retry";
        await Eventually.Is(
            "a retry once the gate is lifted",
            async () => (await silo.Admin.PostAsync(path, null)).StatusCode,
            status => status == HttpStatusCode.OK,
            "taken");
        await world.Until(id, "retried", d => DeploymentWorld.Count(d, "completed") == 1);
        Assert.Equal("failed", (await world.Deployment(id)).GetProperty("status").GetString());
        Assert.Equal(2, world.Agent(0).Ran.Count);
        Assert.Equal(1, (await world.Record(id, 0)).GetProperty("retryCount").GetInt32());
        Assert.Empty(world.Agent(1).Received);
    }

    [EngineFact]
    public async Task A_rollback_runs_over_what_completed_and_the_first_run_stays_readable()
    {
        var world = await DeploymentWorld.Create(silo, 3);
        world.Agent(2).Answers = command => InProcessAgent.Failed(command);
        var id = await world.Started(
            new { type = "staggered", staggered = new { batchSize = 2, batchDelayMinutes = 10 } },
            new { scriptId = world.Script, rollbackScriptId = world.UndoScript });
        await world.UntilEnded(id, TimeSpan.FromHours(1), TimeSpan.FromSeconds(10));
        await world.Act(id, "rollback");
        await world.UntilEnded(id);
        var deployment = await world.Deployment(id);
        Assert.Equal((2, 2), (DeploymentWorld.Count(deployment, "total"), DeploymentWorld.Count(deployment, "completed")));
        Assert.Equal((2, 2, 1), (world.Agent(0).Ran.Count, world.Agent(1).Ran.Count, world.Agent(2).Ran.Count));
        Assert.Contains("echo undone", world.Agent(0).Received.Last().Payload, StringComparison.Ordinal);
        Assert.Equal(3, (await world.Get($"/api/v1/deployments/{id}/devices?run=rollout")).GetProperty("total").GetInt32());
        await world.Act(id, "rollback", HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task A_repeated_result_changes_nothing()
    {
        var world = await DeploymentWorld.Create(silo, 1);
        var id = await world.Started(Immediate);
        await world.UntilEnded(id);
        Assert.True(world.Agent(0).Received.TryPeek(out var command));
        await world.Agent(0).Say(InProcessAgent.Failed(command!));
        await Invariants.Hold(silo, id);
        Assert.Equal("completed", (await world.Record(id, 0)).GetProperty("status").GetString());
    }
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteRolloutTests(SqliteSilo silo) : RolloutTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresRolloutTests(PostgresSilo silo) : RolloutTests(silo);
