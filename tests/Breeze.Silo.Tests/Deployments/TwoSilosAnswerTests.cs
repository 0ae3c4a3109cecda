using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Deployments;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>
/// A device says through one silo that it has a command, loses that silo and tells the result to another: both commit at one moment, as when
/// the database comes back.
/// </summary>
[Collection(SiloFixture.Postgres)]
public sealed class TwoSilosAnswerTests(PostgresSilo silo)
{
    [EngineFact]
    public async Task An_acceptance_and_its_result_in_two_transactions_at_once_are_counted_once_each()
    {
        var world = await DeploymentWorld.Create(silo, 1);
        world.Agent(0).Accepts = false;
        var id = await world.Started(new { type = "immediate" });
        await world.Until(id, "sent", _ => !world.Agent(0).Received.IsEmpty);
        Assert.True(world.Agent(0).Received.TryPeek(out var command));
        var step = new AttemptStep(
            new RecordKey(new DeploymentId(id), 1, 0),
            await silo.Services.GetRequiredService<RunContexts>().Get(new DeploymentId(id), 1),
            new CommandId(command.Id),
            null,
            silo.Clock.Now);
        var ended = step with { End = new CommandEnd(step.Command, world.Devices[0], command.Attempt, CommandOutcome.Completed, 0) };

        await using var one = ActivatorUtilities.CreateInstance<AttemptCommits>(silo.Services, ActivatorUtilities.CreateInstance<RecordFeed>(silo.Services));
        await using var other = ActivatorUtilities.CreateInstance<AttemptCommits>(silo.Services, ActivatorUtilities.CreateInstance<RecordFeed>(silo.Services));
        var (accepting, ending) = await silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync("select 1 from deployment_devices where deployment_id = @id for update", new { id }, tx);
            var first = one.Commit(step);
            await UntilWaiting(1);
            var second = other.Commit(ended);
            await UntilWaiting(2);
            return (first, second);
        });
        Assert.Equal(StepOutcome.Applied, await accepting);
        Assert.Equal(StepOutcome.Applied, await ending);
        await Invariants.Hold(silo, id);
        await world.UntilEnded(id);
        Assert.Equal("completed", (await world.Record(id, 0)).GetProperty("status").GetString());
    }

    private async Task UntilWaiting(int writers)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await silo.Database.Read(c => c.ExecuteScalarAsync<int>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%deployment_devices%'")) < writers)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"{writers} writers do not wait for the record.");
            await Task.Delay(20);
        }
    }
}
