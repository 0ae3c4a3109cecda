using System.Net;
using System.Text.Json.Nodes;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>The strip of batches over HTTP, at each stage of a rollout.</summary>
public abstract class BatchListTests(SiloFixture silo)
{
    private static readonly object Staggered = new { type = "staggered", staggered = new { batchSize = 2, batchDelayMinutes = 30 } };

    [EngineFact]
    public async Task Each_batch_says_where_it_stands_and_how_its_devices_fared()
    {
        var world = await DeploymentWorld.Create(silo, 5);
        world.Agent(3).Answers = command => InProcessAgent.Failed(command, 7);
        var id = await world.Initialized(Staggered);
        Assert.Equal(["waiting 2", "waiting 2", "waiting 1"], await Shown(id));
        var before = silo.Clock.Now;
        await world.Act(id, "start");
        await world.Until(id, "batch 1 over", d => d.GetProperty("progress").GetProperty("nextBatchAt").ValueKind != System.Text.Json.JsonValueKind.Null);
        Assert.Equal(["soaking 2", "waiting 2", "waiting 1"], await Shown(id));
        var first = (await Batches(id))[0]!;
        Assert.Equal((await world.Deployment(id)).GetProperty("progress").GetProperty("nextBatchAt").GetDateTimeOffset(), At(first, "nextAt"));
        Assert.InRange(At(first, "dispatchedAt"), before, silo.Clock.Now);
        Assert.InRange(At(first, "completedAt"), At(first, "dispatchedAt"), silo.Clock.Now);
        Assert.Equal(TimeSpan.FromMinutes(30), Rounded(At(first, "nextAt") - At(first, "completedAt")));
        foreach (var done in new[] { 4, 5 })
        {
            var due = (await world.Deployment(id)).GetProperty("progress").GetProperty("nextBatchAt").GetDateTimeOffset();
            await silo.Clock.Advance(due - silo.Clock.Now);
            await world.Until(id, $"{done} ended", d => DeploymentWorld.Count(d, "completed") + DeploymentWorld.Count(d, "failed") == done
                && (done == 5 || d.GetProperty("progress").GetProperty("nextBatchAt").ValueKind != System.Text.Json.JsonValueKind.Null));
        }

        await world.UntilEnded(id);
        Assert.Equal(["done 2", "failed 2", "done 1"], await Shown(id));
        var second = (await Batches(id))[1]!;
        Assert.Equal((1, 1), (second["completed"]!.GetValue<int>(), second["failed"]!.GetValue<int>()));
        Assert.Null(second["nextAt"]);
        Assert.True(At(second, "dispatchedAt") >= At(first, "nextAt"));
    }

    [EngineFact]
    public async Task An_immediate_deployment_has_one_batch_and_a_draft_none()
    {
        var world = await DeploymentWorld.Create(silo, 3);
        var draft = (await world.Post("/api/v1/deployments", world.Body(new { type = "immediate" }))).GetProperty("data").GetProperty("id").GetGuid();
        Assert.Empty(await Batches(draft));
        var id = await world.Started(new { type = "immediate" });
        await world.UntilEnded(id);
        Assert.Equal(["done 3"], await Shown(id));
    }

    [EngineFact]
    public async Task What_a_cancellation_left_out_is_skipped_in_its_batches_at_once()
    {
        var world = await DeploymentWorld.Create(silo, 5);
        var id = await world.Started(Staggered);
        await world.Until(id, "batch 1 over", d => d.GetProperty("progress").GetProperty("nextBatchAt").ValueKind != System.Text.Json.JsonValueKind.Null);
        await world.Act(id, "cancel");
        Assert.Equal(["done 2", "done 2", "done 1"], await Shown(id));
        var last = (await Batches(id))[2]!;
        Assert.Equal((1, null), (last["skipped"]!.GetValue<int>(), last["dispatchedAt"]));
    }

    [EngineFact]
    public async Task Pages_by_cursor_and_by_offset_show_the_same_and_the_first_run_stays_to_be_seen()
    {
        var world = await DeploymentWorld.Create(silo, 5);
        var id = await world.Started(
            new { type = "staggered", staggered = new { batchSize = 2 } }, new { scriptId = world.Script, parameters = new { }, rollbackScriptId = world.UndoScript });
        await world.UntilEnded(id);
        await world.Act(id, "rollback");
        await world.UntilEnded(id);
        foreach (var run in new[] { "rollout", "rollback" })
        {
            var first = (await silo.Admin.Get($"/deployments/{id}/batches?run={run}&limit=2")).Is(HttpStatusCode.OK).Body!;
            Assert.Equal((3, 2, 0), (first["total"]!.GetValue<int>(), first["limit"]!.GetValue<int>(), first["offset"]!.GetValue<int>()));
            var second = (await silo.Admin.Get($"/deployments/{id}/batches?run={run}&limit=2&cursor={first["nextCursor"]}")).Is(HttpStatusCode.OK).Body!;
            var same = (await silo.Admin.Get($"/deployments/{id}/batches?run={run}&limit=2&offset=2")).Is(HttpStatusCode.OK).Body!;
            Assert.Equal(same["data"]!.ToJsonString(), second["data"]!.ToJsonString());
            Assert.Equal((3, "done"), (second["data"]![0]!["batchNumber"]!.GetValue<int>(), second["data"]![0]!["status"]!.GetValue<string>()));
            Assert.Null(second["nextCursor"]);
        }

        (await silo.Admin.Get($"/deployments/{id}/batches?run=third")).Is(HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task Records_are_found_by_a_part_of_their_hostname_in_every_state()
    {
        var world = await DeploymentWorld.Create(silo, 12);
        world.Agent(10).Answers = command => InProcessAgent.Failed(command, 7);
        var id = await world.Started(new { type = "immediate" });
        await world.UntilEnded(id);
        Assert.Equal(["host-000010", "host-000011"], await Hostnames($"/deployments/{id}/devices?search=HOST-00001"));
        Assert.Equal(["host-000010"], await Hostnames($"/deployments/{id}/devices?search=host-00001&status=failed"));
        Assert.Empty(await Hostnames($"/deployments/{id}/devices?search=host_00001"));
        var first = (await silo.Admin.Get($"/deployments/{id}/devices?search=0001&limit=1")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(3, first["total"]!.GetValue<int>());
        Assert.Equal(["host-000010"], await Hostnames($"/deployments/{id}/devices?search=0001&limit=1&cursor={first["nextCursor"]}"));
        Assert.Contains(id.ToString(), (await silo.Admin.Get($"/deployments?orgId={world.Org}&search=rollOUT")).Is(HttpStatusCode.OK).Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty((await silo.Admin.Get($"/deployments?orgId={world.Org}&search=other")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
    }

    private static TimeSpan Rounded(TimeSpan time) => TimeSpan.FromMinutes(Math.Round(time.TotalMinutes));

    private static DateTimeOffset At(JsonNode batch, string member) => batch[member]!.GetValue<DateTimeOffset>();

    private async Task<string[]> Hostnames(string path) =>
        [.. (await silo.Admin.Get(path)).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(d => d!["deviceHostname"]!.GetValue<string>())];

    private async Task<JsonArray> Batches(Guid id) => (await silo.Admin.Get($"/deployments/{id}/batches")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();

    private async Task<string[]> Shown(Guid id) => [.. (await Batches(id)).Select(b => $"{b!["status"]} {b["total"]}")];
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteBatchListTests(SqliteSilo silo) : BatchListTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresBatchListTests(PostgresSilo silo) : BatchListTests(silo);
