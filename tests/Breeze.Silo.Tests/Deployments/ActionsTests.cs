using System.Net;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>What a deployment says may be done to it, and what a device says it was in.</summary>
public abstract class ActionsTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_deployment_names_what_applies_to_its_state_and_nothing_else()
    {
        var world = await DeploymentWorld.Create(silo, 1);
        var draft = (await world.Post("/api/v1/deployments", world.Body(new { type = "immediate" }))).GetProperty("data").GetProperty("id").GetGuid();
        Assert.Equal(["edit", "delete", "initialize"], await Offered(world, draft));
        await world.Act(draft, "initialize");
        Assert.Equal(["start", "cancel"], await Offered(world, draft));
        await world.Act(draft, "start");
        await world.UntilEnded(draft);

        // Without a script that undoes it there is no way back.
        Assert.Equal(["retry"], await Offered(world, draft));
        Assert.Equal("rollout", (await world.Deployment(draft)).GetProperty("run").GetString());
        foreach (var refused in new[] { "pause", "resume", "cancel", "rollback", "start", "initialize" })
        {
            await world.Act(draft, refused, HttpStatusCode.BadRequest);
        }

        var undoable = await world.Started(new { type = "immediate" }, new { scriptId = world.Script, rollbackScriptId = world.UndoScript });
        await world.UntilEnded(undoable);
        Assert.Equal(["rollback", "retry"], await Offered(world, undoable));
        await world.Act(undoable, "rollback");
        await world.UntilEnded(undoable);
        Assert.Equal(["retry"], await Offered(world, undoable));
        Assert.Equal("rollback", (await world.Deployment(undoable)).GetProperty("run").GetString());
    }

    [EngineFact]
    public async Task A_device_counts_all_deployments_it_was_in_on_every_page()
    {
        var world = await DeploymentWorld.Create(silo, 1);
        var ids = new List<Guid>();
        for (var n = 0; n < 3; n++)
        {
            ids.Add(await world.Initialized(new { type = "immediate" }));
        }

        var first = await world.Get($"/api/v1/devices/{world.Devices[0]}/deployments?limit=2");
        Assert.Equal(3, first.GetProperty("pagination").GetProperty("total").GetInt32());
        var second = await world.Get($"/api/v1/devices/{world.Devices[0]}/deployments?limit=2&page=2");
        Assert.Equal(3, second.GetProperty("pagination").GetProperty("total").GetInt32());
        Assert.Equal(ids[0], Assert.Single(second.GetProperty("data").EnumerateArray()).GetProperty("id").GetGuid());
    }

    private static async Task<string[]> Offered(DeploymentWorld world, Guid id) =>
        [.. (await world.Deployment(id)).GetProperty("actions").EnumerateArray().Select(a => a.GetString()!)];
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteActionsTests(SqliteSilo silo) : ActionsTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresActionsTests(PostgresSilo silo) : ActionsTests(silo);
