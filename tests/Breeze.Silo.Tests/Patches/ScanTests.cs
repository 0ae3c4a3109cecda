using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary><c>POST /patches/scan</c>, each sentence of the document about it.</summary>
public abstract class ScanTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Every_device_comes_back_in_exactly_one_place()
    {
        var world = await PatchWorld.Create(silo);
        var (online, offline) = (await world.Device(), await world.Device(online: false));
        var gone = await world.Device();
        (await silo.Admin.Delete($"/devices/{gone}")).Is(HttpStatusCode.OK);
        var (sister, foreign, unknown) = (await world.Device(org: world.Tenants.Sister), await world.Device(org: world.Tenants.Foreign), Guid.NewGuid());
        var answer = await Scan(world, [online, offline, gone, sister, foreign, unknown, online]);
        Assert.Equal(2, answer["deviceCount"]!.GetValue<int>());
        Assert.Equal(2, Ids(answer["queuedCommandIds"]).Count);
        Assert.Single(Ids(answer["dispatchedCommandIds"]));
        Assert.Single(Ids(answer["pendingCommandIds"]));
        Assert.Equal(Ids(answer["queuedCommandIds"]).Order(), Ids(answer["dispatchedCommandIds"]).Concat(Ids(answer["pendingCommandIds"])).Order());
        Assert.Equal([gone], Ids(answer["failedDeviceIds"]));
        Assert.Equal([unknown], Ids(answer["skipped"]!["missingDeviceIds"]));
        Assert.Equal(new[] { sister, foreign }.Order(), Ids(answer["skipped"]!["inaccessibleDeviceIds"]).Order());
        var seen = await Received(world, online, 1);
        Assert.Equal(CommandTypes.ScanPatches, seen[0].Type);
        Assert.Equal(Ids(answer["dispatchedCommandIds"])[0], seen[0].Id);
        Assert.Contains("\"source\":null,\"devices\":2", Assert.Single(await world.Audited(world.Org, "patches.scan")), StringComparison.Ordinal);
    }

    public static TheoryData<string, string?, string[]> Sources => new()
    {
        { "linux", null, ["linux", "third_party", "custom"] },
        { "windows", null, ["microsoft", "third_party", "custom"] },
        { "macos", null, ["apple", "third_party", "custom"] },
        { "windows", "microsoft", ["microsoft"] },
        { "linux", "custom", ["custom"] },
    };

    [EngineTheory]
    [MemberData(nameof(Sources))]
    public async Task Without_a_source_all_that_the_system_has_are_scanned(string os, string? source, string[] expected)
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device(os);
        await Scan(world, [device], source);
        var payload = JsonSerializer.Deserialize((await Received(world, device, 1))[0].Payload, AgentJson.Default.ScanPatchesPayload)!;
        Assert.Equal(expected, payload.Sources);
    }

    [EngineFact]
    public async Task A_device_whose_system_does_not_have_the_source_is_failed_and_gets_no_command()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        var answer = await Scan(world, [device], "microsoft");
        Assert.Equal([device], Ids(answer["failedDeviceIds"]));
        Assert.Equal(0, answer["deviceCount"]!.GetValue<int>());
        Assert.Equal(0, await world.Scalar<int>("select count(*) from device_commands where device_id = @device", new { device }));
    }

    [EngineFact]
    public async Task An_offline_devices_scan_waits_and_runs_on_its_next_connection()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device(online: false);
        var agent = world.Agents[device];
        agent.Answers = command => InProcessAgent.Completed(command);
        var id = Assert.Single(Ids((await Scan(world, [device]))["pendingCommandIds"]));
        await silo.Clock.Advance(TimeSpan.FromHours(3), TimeSpan.FromMinutes(10));
        await agent.Connect();
        await silo.Clock.AdvanceUntil(
            "the scan after connecting", async () => ((await Command(world, device, id))["outcome"]?.GetValue<string>() == "completed", id), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
        Assert.Equal([id], agent.Ran);
    }

    [EngineFact]
    public async Task A_scan_that_waits_is_not_queued_twice()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device(online: false);
        var first = Assert.Single(Ids((await Scan(world, [device]))["queuedCommandIds"]));

        // The same again, and a part of it, are what waits already; another source is not.
        Assert.Equal(first, Assert.Single(Ids((await Scan(world, [device]))["pendingCommandIds"])));
        Assert.Equal(first, Assert.Single(Ids((await Scan(world, [device], "linux"))["queuedCommandIds"])));
        Assert.Equal(1, await world.Scalar<int>("select count(*) from device_commands where device_id = @device", new { device }));
        var other = await world.Device(online: false);
        var narrow = Assert.Single(Ids((await Scan(world, [other], "linux"))["queuedCommandIds"]));
        Assert.NotEqual(narrow, Assert.Single(Ids((await Scan(world, [other]))["queuedCommandIds"])));
    }

    [EngineFact]
    public async Task Two_requests_at_once_make_one_scan()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(5, online: false);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Scan(world, devices)));
        Assert.Single(answers.Select(a => string.Join(',', Ids(a["queuedCommandIds"]).Order())).Distinct());
        Assert.Equal(5, await world.Scalar<int>("select count(*) from device_commands where org_id = @org", new { org = world.Org }));
    }

    [EngineFact]
    public async Task After_a_scan_has_run_the_next_one_is_a_new_command_and_its_patches_appear_in_the_list()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        var agent = world.Agents[device];
        agent.Answers = command =>
        {
            _ = agent.Report(new ReportPatches("linux", true, [PatchWorld.Reported(world.Name("new"))], []));
            return InProcessAgent.Completed(command);
        };
        var first = Ids((await Scan(world, [device]))["queuedCommandIds"])[0];
        await silo.Clock.AdvanceUntil(
            "the scanned patch", async () => (await world.Find(world.Name("new")) is not null && (await Command(world, device, first))["outcome"] is not null, first),
            TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
        Assert.NotEqual(first, Ids((await Scan(world, [device]))["queuedCommandIds"])[0]);
    }

    [EngineFact]
    public async Task Why_a_source_could_not_be_scanned_is_kept_and_its_rows_stay()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("a")]);
        world.Agents[device].Answers = command => InProcessAgent.Failed(command) with
        {
            Data = JsonSerializer.SerializeToElement(
                new ScanResults([new("linux", false, false, 0, 0, "apt: the lists are locked"), new("third_party", true, true, 0, 0)]), AgentJson.Default.ScanResults),
        };
        await Scan(world, [device]);
        await silo.Clock.AdvanceUntil(
            "the scan's error",
            async () => (await world.Scalar<string>("select error from device_scans where device_id = @device and source = 3", new { device }) == "apt: the lists are locked", device),
            TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
        Assert.Equal(new() { [world.Name("a")] = "pending" }, await world.Statuses(device));
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "{}", "deviceIds" },
        { """{"deviceIds":[]}""", "deviceIds" },
        { """{"deviceIds":["x"]}""", "deviceIds" },
        { """{"deviceIds":null}""", "deviceIds" },
        { """{"deviceIds":["0198f6a0-0000-7000-8000-000000000011"],"source":"gentoo"}""", "source" },
        { """{"deviceIds":["0198f6a0-0000-7000-8000-000000000011"],"sources":["linux"]}""", "sources" },
    };

    [EngineTheory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_request_is_400_and_names_the_member(string body, string member)
    {
        var world = await PatchWorld.Create(silo);
        var reply = (await world.Technician.Post("/patches/scan", body)).Is(HttpStatusCode.BadRequest);
        Assert.Contains(member, reply.Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task The_same_idempotency_key_is_one_scan()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        var key = Guid.NewGuid().ToString();
        var body = new { deviceIds = new[] { device } };
        var first = (await world.Technician.Post("/patches/scan", body, key)).Is(HttpStatusCode.OK);
        await Received(world, device, 1);
        var second = (await world.Technician.Post("/patches/scan", body, key)).Is(HttpStatusCode.OK);
        Assert.Equal(first.Body!.ToJsonString(), second.Body!.ToJsonString());
        Assert.Single(await world.Audited(world.Org, "patches.scan"));
    }

    private static async Task<JsonNode> Scan(PatchWorld world, IReadOnlyList<Guid> devices, string? source = null) =>
        (await world.Technician.Post("/patches/scan", source is null ? new { deviceIds = devices } : new { deviceIds = devices, source }))
            .Is(HttpStatusCode.OK).Body!;

    private static List<Guid> Ids(JsonNode? list) => [.. list!.AsArray().Select(i => i!.GetValue<Guid>())];

    private static async Task<JsonNode> Command(PatchWorld world, Guid device, Guid id) =>
        (await world.Technician.Get($"/devices/{device}/commands/{id}")).Is(HttpStatusCode.OK).Data["command"]!;

    private static async Task<List<Command>> Received(PatchWorld world, Guid device, int count)
    {
        for (var waited = 0; world.Agents[device].Received.Count < count; waited++)
        {
            Assert.True(waited < 300, $"device {device}: {world.Agents[device].Received.Count} of {count} commands came");
            await Task.Delay(20);
        }

        return [.. world.Agents[device].Received];
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ScanTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ScanTests(silo);
}
