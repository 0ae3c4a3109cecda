using System.Net;
using Breeze.Silo.Deployments;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

public abstract class RunRetentionTests(SiloFixture silo)
{
    private static readonly string[] Tables =
        ["deployments where id", "deployment_devices where deployment_id", "deployment_counts where deployment_id", "deployment_batches where deployment_id", "deployment_remains where deployment_id"];

    [EngineFact]
    public async Task What_ended_long_ago_goes_in_steps_and_what_is_young_or_unfinished_stays()
    {
        var away = await DeploymentWorld.Create(silo, RetentionLoop.StepRows + 30, online: false);
        var old = await away.Started(new { type = "immediate" });
        await away.UntilEnded(old);
        var world = await DeploymentWorld.Create(silo, 2);
        var young = await world.Started(new { type = "immediate" });
        await world.UntilEnded(young);
        world.Agent(0).Answers = _ => null;
        var running = await world.Started(new { type = "immediate" });
        await world.Until(running, "one is done", d => DeploymentWorld.Count(d, "completed") == 1);
        await End(old);
        // As if it had ended long ago, and one of its devices were being tried again by hand.
        await End(running);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync("update deployments set stage = 5 where id = @running", new { running }, tx));

        var (sweep, other) = (Loop(), Loop());
        Assert.InRange(await sweep.Step(isFirst: true), 1, RetentionLoop.StepRows);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.Get($"/deployments/{old}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.Get($"/deployments/{old}/devices")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.Get($"/deployments/{old}/devices/{away.Devices[0]}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.Admin.Post($"/deployments/{old}/rollback", new { })).Status);
        Assert.Equal(away.Devices.Count, await Count("deployment_devices where deployment_id", old));
        Assert.Equal(RetentionLoop.StepRows, await sweep.Step(isFirst: false));
        await Task.WhenAll(Finish(sweep), Finish(other));
        foreach (var table in Tables)
        {
            Assert.Equal((table, 0), (table, await Count(table, old)));
        }

        Assert.Empty((await silo.Admin.Get($"/deployments?orgId={away.Org}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
        Assert.Empty((await silo.Admin.Get($"/devices/{away.Devices[0]}/deployments")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
        Assert.Single((await silo.Admin.Get($"/audit-logs?orgId={away.Org}&action=deployment.forget")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
        Assert.Equal(2, await Count("deployment_devices where deployment_id", young));
        Assert.Equal(2, await Count("deployment_devices where deployment_id", running));
        Assert.Equal("completed", (await world.Deployment(young)).GetProperty("status").GetString());
    }

    [EngineFact]
    public async Task A_runs_commands_and_gates_go_with_it_and_a_late_word_of_its_device_does_no_harm()
    {
        var world = await DeploymentWorld.Create(silo, 2);
        var old = await world.Started(new { type = "immediate" }, payload: new { scriptId = world.Script, parameters = new { }, rollbackScriptId = world.UndoScript });
        await world.UntilEnded(old);
        await world.Act(old, "rollback");
        await world.UntilEnded(old);
        var command = world.Agent(0).Received.First();
        Assert.Equal(4, await Commands(world));
        await End(old);
        var gates = await silo.Database.Read(c => c.QueryAsync<Guid>(
            "select gate_id from deployments where id = @old union select gate_id from deployment_runs where deployment_id = @old", new { old }));
        Assert.Equal(2, gates.Count());
        await Finish(Loop());
        Assert.Equal(0, await Commands(world));
        foreach (var gate in gates)
        {
            Assert.Equal(0, await Count("command_gates where id", gate));
        }

        await world.Agent(0).Say(InProcessAgent.Completed(command));
        Assert.Equal(0, await Commands(world));
        Assert.Empty((await silo.Admin.Get($"/devices/{world.Devices[0]}/commands")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
        var again = await world.Started(new { type = "immediate" });
        await world.UntilEnded(again);
    }

    private RunRetention Loop() => ActivatorUtilities.CreateInstance<RunRetention>(silo.Services);

    private static async Task Finish(RunRetention loop)
    {
        while (await loop.Step(isFirst: false) > 0)
        {
        }
    }

    private Task<int> End(Guid id) => silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
        "update deployments set completed_at = 1000 where id = @id", new { id }, tx));

    private Task<int> Count(string table, Guid id) => silo.Database.Read(c => c.ExecuteScalarAsync<int>($"select count(*) from {table} = @id", new { id }));

    private Task<int> Commands(DeploymentWorld world) => silo.Database.Read(c => c.ExecuteScalarAsync<int>(
        "select count(*) from device_commands where org_id = @Org", new { world.Org }));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : RunRetentionTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : RunRetentionTests(silo);
}
