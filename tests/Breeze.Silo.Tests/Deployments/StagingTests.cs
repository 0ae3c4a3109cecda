using Breeze.Core;
using Breeze.Silo.Deployments;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>Two activations of a deployment, for a moment, as after a crash: who was replaced is in the middle of staging its records.</summary>
public abstract class StagingTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Who_was_replaced_stages_nothing_over_what_its_successor_has_begun()
    {
        var world = await DeploymentWorld.Create(silo, 3);
        var id = new DeploymentId((await world.Post("/api/v1/deployments", world.Body(new { type = "immediate" }))).GetProperty("data").GetProperty("id").GetGuid());
        var replaced = (await silo.Services.GetRequiredService<DeploymentStore>().Find(id))!;
        await world.Act(id.Value, "initialize");
        await world.Act(id.Value, "start");
        await world.UntilEnded(id.Value);

        var staging = silo.Services.GetRequiredService<Initialization>();
        await Assert.ThrowsAsync<VersionConflictException>(() => staging.Stage(replaced, replaced.ParsePlan()));
        Assert.Equal(3, (await world.Deployment(id.Value)).GetProperty("progress").GetProperty("completed").GetInt32());
        Assert.Equal("completed", (await world.Record(id.Value, 0)).GetProperty("status").GetString());
    }
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteStagingTests(SqliteSilo silo) : StagingTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresStagingTests(PostgresSilo silo) : StagingTests(silo);
