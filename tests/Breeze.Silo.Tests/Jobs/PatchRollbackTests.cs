using System.Net;
using System.Text.Json.Nodes;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Jobs;

/// <summary><c>POST /patches/:id/rollback</c> and its records, each sentence of the document and the contract about them.</summary>
public abstract class PatchRollbackTests(SiloFixture silo)
{
    [EngineFact]
    public async Task An_immediate_rollback_reaches_the_devices_named_and_its_records_say_how_it_went()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(3, [], ["a"]);
        var (patch, without) = (await world.IdOf("a"), (await world.Devices(1, ["a"]))[0]);
        var (foreign, unknown) = (await world.Patches.Device(org: world.Patches.Tenants.Foreign), Guid.NewGuid());
        world.Outcome = (device, p) => device == devices[1] ? new PatchResult(p.Id, PatchResultStatus.Failed, "uninstallCommand ended with 1603") : null;
        var answer = (await world.Technician.Post($"/patches/{patch}/rollback", new
        {
            reason = "Causing boot failures on Intel systems",
            scheduleType = "immediate",
            deviceIds = new[] { devices[0], devices[1], without, foreign, unknown },
        })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(2, answer["deviceCount"]!.GetValue<int>());
        Assert.Equal([without], Ids(answer["failedDeviceIds"]));
        Assert.Equal([unknown], Ids(answer["skipped"]!["missingDeviceIds"]));
        Assert.Equal([foreign], Ids(answer["skipped"]!["inaccessibleDeviceIds"]));
        var records = await Until(world, "status=pending", 0, "status=running", 0);
        Assert.Equal(["completed", "failed"], records.Select(r => r!["status"]!.GetValue<string>()).Order());
        var failed = records.Single(r => r!["status"]!.GetValue<string>() == "failed")!;
        Assert.Equal("uninstallCommand ended with 1603", failed["errorMessage"]!.GetValue<string>());
        Assert.Equal("Causing boot failures on Intel systems", failed["reason"]!.GetValue<string>());
        Assert.Equal((await world.Technician.Get($"/patches/{patch}")).Body!["title"]!.GetValue<string>(), failed["patchTitle"]!.GetValue<string>());
        var found = (await world.Technician.Get($"/patches/rollbacks?patchId={patch}&search={failed["deviceHostname"]}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();
        Assert.Equal(failed["id"]!.ToString(), Assert.Single(found)!["id"]!.ToString());
        var sent = devices.Take(2).SelectMany(d => world.Patches.Agents[d].Received).Where(c => c.Type == CommandTypes.RollbackPatches).Select(c => c.Id);
        Assert.Equal(Ids(answer["queuedCommandIds"]).Order(), sent.Order());
        Assert.Equal("pending", (await world.Patches.Statuses(devices[0]))[world.Patches.Name("a")]);
        Assert.Equal("installed", (await world.Patches.Statuses(devices[2]))[world.Patches.Name("a")]);
    }

    [EngineFact]
    public async Task Without_devices_it_reaches_every_device_that_has_the_patch()
    {
        var world = await JobWorld.Create(silo);
        var with = await world.Devices(2, [], ["a"]);
        await world.Devices(1, ["a"]);
        var answer = (await world.Technician.Post($"/patches/{await world.IdOf("a")}/rollback", new { })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(2, answer["deviceCount"]!.GetValue<int>());
        var records = await Until(world, "status=completed", 2);
        Assert.Equal(with.Order(), records.Select(r => r!["deviceId"]!.GetValue<Guid>()).Order());
    }

    [EngineFact]
    public async Task A_scheduled_rollback_starts_at_its_time_and_can_be_cancelled_before()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, [], ["a", "b"]);
        var at = silo.Clock.Now.AddHours(2);
        var first = (await world.Technician.Post($"/patches/{await world.IdOf("a")}/rollback", new { scheduleType = "scheduled", scheduledTime = at })).Is(HttpStatusCode.OK).Body!;
        var second = (await world.Technician.Post($"/patches/{await world.IdOf("b")}/rollback", new { scheduleType = "scheduled", scheduledTime = at })).Is(HttpStatusCode.OK).Body!;
        (await world.Technician.Post($"/patches/rollbacks/{Ids(second["rollbackIds"])[0]}/cancel")).Is(HttpStatusCode.OK);
        await silo.Clock.Advance(TimeSpan.FromMinutes(119));
        Assert.Empty(world.Sent(devices[0], CommandTypes.RollbackPatches));
        await Until(world, $"rollbackId={Ids(first["rollbackIds"])[0]}&status=completed", 1);
        Assert.Equal("cancelled", Assert.Single(await List(world, $"rollbackId={Ids(second["rollbackIds"])[0]}"))!["status"]!.GetValue<string>());
        Assert.Equal(["a"], Assert.Single(world.Sent(devices[0], CommandTypes.RollbackPatches)));
    }

    public static TheoryData<string, string> Bad => new()
    {
        { """{"scheduleType":"later"}""", "scheduleType" },
        { """{"scheduleType":"scheduled"}""", "scheduledTime" },
        { """{"scheduleType":"scheduled","scheduledTime":"2020-01-01T00:00:00Z"}""", "scheduledTime" },
        { """{"scheduledTime":"2030-01-01T00:00:00Z"}""", "scheduledTime" },
        { """{"scheduleType":"scheduled","scheduledTime":"9999-12-31T23:59:59Z"}""", "scheduledTime" },
        { """{"deviceIds":[]}""", "deviceIds" },
        { """{"deviceIds":["x"]}""", "deviceIds[0]" },
        { """{"reasons":"typo"}""", "reasons" },
    };

    [EngineTheory]
    [MemberData(nameof(Bad))]
    public async Task A_malformed_request_is_refused_by_the_name_of_its_member(string body, string field)
    {
        var world = await JobWorld.Create(silo);
        await world.Devices(1, [], ["a"]);
        var refused = (await world.Technician.Post($"/patches/{await world.IdOf("a")}/rollback", body)).Is(HttpStatusCode.BadRequest);
        Assert.Equal(field, Assert.Single(refused.Body!["errors"]!.AsObject()).Key);
        Assert.Empty(await List(world, ""));
    }

    private static List<Guid> Ids(JsonNode? list) => [.. list!.AsArray().Select(i => i!.GetValue<Guid>())];

    private static async Task<JsonArray> List(JobWorld world, string query) =>
        (await world.Technician.Get($"/patches/rollbacks?{query}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();

    /// <summary>Moves the clock until as many records fit, each condition for itself; then all there are.</summary>
    private async Task<JsonArray> Until(JobWorld world, string query, int count, string? andQuery = null, int andCount = 0)
    {
        await silo.Clock.AdvanceUntil(
            $"rollbacks with {query}",
            async () =>
            {
                var holds = (await List(world, query)).Count == count && (andQuery is null || (await List(world, andQuery)).Count == andCount);
                return (holds, await List(world, ""));
            },
            TimeSpan.FromMinutes(3),
            TimeSpan.FromSeconds(1));
        return await List(world, "");
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : PatchRollbackTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : PatchRollbackTests(silo);
}
