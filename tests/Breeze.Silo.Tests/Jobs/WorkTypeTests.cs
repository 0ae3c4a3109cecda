using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core.Patches;
using Breeze.Core.Policies;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Xunit;
using PatchResultStatus = Breeze.Contracts.Agents.PatchResultStatus;

namespace Breeze.Silo.Tests.Jobs;

/// <summary>Deployments of patches, software and policies: what they send, what they leave out, how they are rolled back.</summary>
public abstract class WorkTypeTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_patch_deployment_sends_what_is_approved_and_names_what_was_left_out()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(2, ["a", "b"], ["c"]);
        var bare = (await world.Devices(1, [], ["a"]))[0];
        await world.Approve("a", "c");
        var ids = new[] { await world.IdOf("a"), await world.IdOf("b"), await world.IdOf("c") };
        var id = await Started(world, "patch", new { patchIds = ids }, [.. devices, bare]);
        await Until(world, id, "completed");
        var result = (await Record(world, id, devices[0]))["result"]!["patches"]!.AsArray();
        Assert.Equal(
            new Dictionary<Guid, string> { [ids[0]] = "installed", [ids[1]] = "not_approved", [ids[2]] = "not_applicable" },
            result.ToDictionary(p => p!["id"]!.GetValue<Guid>(), p => p!["status"]!.GetValue<string>()));
        Assert.Equal("not_applicable", (await Record(world, id, bare))["skipReason"]!.GetValue<string>());
        Assert.Equal("installed", (await world.Patches.Statuses(devices[0]))[world.Patches.Name("a")]);

        await Act(world, id, "rollback");
        await Until(world, id, "completed");
        Assert.Equal(["a"], Assert.Single(world.Sent(devices[1], CommandTypes.RollbackPatches)));
        Assert.Equal("pending", (await world.Patches.Statuses(devices[1]))[world.Patches.Name("a")]);
    }

    [EngineFact]
    public async Task A_patch_deployment_of_what_nobody_approved_skips_its_devices()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        var id = await Started(world, "patch", new { patchIds = new[] { await world.IdOf("a") } }, devices);
        await Until(world, id, "completed");
        Assert.Equal("not_approved", (await Record(world, id, devices[0]))["skipReason"]!.GetValue<string>());
        Assert.Empty(world.Sent(devices[0]));
    }

    [EngineFact]
    public async Task A_retry_sends_only_what_failed()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a", "b"]);
        await world.Approve("a", "b");
        var bad = await world.IdOf("b");
        world.Outcome = (_, p) => p.Id == bad ? new PatchResult(p.Id, PatchResultStatus.Failed, "locked") : null;
        var id = await Started(world, "patch", new { patchIds = new[] { await world.IdOf("a"), bad } }, devices, new { maxRetries = 1, backoffMinutes = new[] { 1 } });
        await Until(world, id, d => d["progress"]!["retrying"]!.GetValue<int>() == 1);
        world.Outcome = (_, _) => null;
        await Until(world, id, "completed");
        Assert.Equal(["a b", "b"], world.Sent(devices[0]).Select(s => string.Join(' ', s.Order())));
    }

    [EngineFact]
    public async Task A_software_deployment_installs_its_package_where_it_fits_and_removes_it_again()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, []);
        var windows = await world.Patches.Device("windows");
        var package = (await silo.Admin.Post("/software-packages", Package(world.Org))).Is(HttpStatusCode.Created).Id;
        var id = await Initialized(world, "software", new { packageId = package }, [devices[0], windows]);

        // What was fixed at initialize stands, whatever becomes of the package.
        (await silo.Admin.Delete($"/software-packages/{package}")).Is(HttpStatusCode.OK);
        await Act(world, id, "start");
        await Until(world, id, "completed");
        var sent = Assert.Single(world.Patches.Agents[devices[0]].Received, c => c.Type == CommandTypes.InstallSoftware);
        var payload = JsonSerializer.Deserialize<SoftwarePayload>(sent.Payload, BreezeJson.Lenient)!;
        Assert.Equal((package, "--quiet", new string('a', 64)), (payload.PackageId, payload.Arguments, payload.Sha256));
        Assert.Equal("not_applicable", (await Record(world, id, windows))["skipReason"]!.GetValue<string>());
        await Act(world, id, "rollback");
        await Until(world, id, "completed");
        var removed = Assert.Single(world.Patches.Agents[devices[0]].Received, c => c.Type == CommandTypes.UninstallSoftware);
        Assert.Equal("apt-get remove -y tool", JsonSerializer.Deserialize<SoftwarePayload>(removed.Payload, BreezeJson.Lenient)!.Arguments);
    }

    [EngineFact]
    public async Task A_policy_deployment_applies_its_settings_and_cannot_be_rolled_back()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, []);
        var policy = await world.Policy(new PatchSettings { Sources = [PatchSource.Linux] });
        var id = await Started(world, "policy", new { policyId = policy }, devices);
        await Until(world, id, "completed");
        var sent = Assert.Single(world.Patches.Agents[devices[0]].Received, c => c.Type == CommandTypes.ApplyPolicy);
        Assert.Contains("\"sources\":[\"linux\"]", sent.Payload, StringComparison.Ordinal);
        (await world.Technician.Post($"/deployments/{id}/rollback")).Is(HttpStatusCode.BadRequest);
    }

    [EngineTheory]
    [InlineData("patch", "patchIds", "payload.patchIds[0]")]
    [InlineData("software", "packageId", "payload.packageId")]
    [InlineData("policy", "policyId", "payload.policyId")]
    public async Task What_a_payload_names_must_be_the_organizations_own(string type, string member, string field)
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, []);
        object value = member == "patchIds" ? new[] { Guid.NewGuid() } : Guid.NewGuid();
        var refused = (await world.Technician.Post("/deployments", Body(world, type, new Dictionary<string, object> { [member] = value }, devices, null))).Is(HttpStatusCode.BadRequest);
        Assert.Equal(field, Assert.Single(refused.Body!["errors"]!.AsObject()).Key);
    }

    [EngineTheory]
    [InlineData("osType", "\"beos\"")]
    [InlineData("url", "\"ftp://x/y\"")]
    [InlineData("url", "\"https://user:pw@x/y\"")]
    [InlineData("sha256", "\"abc\"")]
    [InlineData("sizeBytes", "0")]
    [InlineData("name", "\"\"")]
    [InlineData("version", "null")]
    [InlineData("detection", """{"type":"file"}""", "detection.path")]
    public async Task A_malformed_package_is_refused_by_the_name_of_its_member(string member, string value, string? field = null)
    {
        var world = await JobWorld.Create(silo);
        var body = JsonSerializer.SerializeToNode(Package(world.Org), BreezeJson.Options)!.AsObject();
        body[member] = JsonNode.Parse(value);
        var refused = (await silo.Admin.Post("/software-packages", body)).Is(HttpStatusCode.BadRequest);
        Assert.Equal(field ?? member, Assert.Single(refused.Body!["errors"]!.AsObject()).Key);
    }

    private static object Package(Guid org) => new
    {
        orgId = org,
        name = "Tool",
        version = "1.0",
        osType = "linux",
        url = "https://packages.example.com/tool.deb",
        sha256 = new string('A', 64),
        sizeBytes = 1000,
        installArguments = "--quiet",
        uninstallCommand = "apt-get remove -y tool",
    };

    private static object Body(JobWorld world, string type, object payload, IReadOnlyList<Guid> devices, object? retry) => new
    {
        orgId = world.Org,
        name = "Rollout",
        type,
        payload,
        targetType = "devices",
        targetConfig = new { type = "devices", deviceIds = devices },
        rolloutConfig = new { type = "immediate", retryConfig = retry },
    };

    private static async Task<Guid> Started(JobWorld world, string type, object payload, IReadOnlyList<Guid> devices, object? retry = null)
    {
        var id = await Initialized(world, type, payload, devices, retry);
        await Act(world, id, "start");
        return id;
    }

    private static async Task<Guid> Initialized(JobWorld world, string type, object payload, IReadOnlyList<Guid> devices, object? retry = null)
    {
        var id = (await world.Technician.Post("/deployments", Body(world, type, payload, devices, retry))).Is(HttpStatusCode.Created).Id;
        await Act(world, id, "initialize");
        return id;
    }

    private static async Task Act(JobWorld world, Guid id, string action) => (await world.Technician.Post($"/deployments/{id}/{action}")).Is(HttpStatusCode.OK);

    private static async Task<JsonNode> Record(JobWorld world, Guid id, Guid device) =>
        (await world.Technician.Get($"/deployments/{id}/devices/{device}?run=rollout")).Is(HttpStatusCode.OK).Data;

    private Task Until(JobWorld world, Guid id, string status) => Until(world, id, d => d["status"]!.GetValue<string>() == status);

    private Task Until(JobWorld world, Guid id, Func<JsonNode, bool> fits) => silo.Clock.AdvanceUntil(
        $"deployment {id}",
        async () =>
        {
            await Invariants.Hold(silo, id);
            var seen = (await world.Technician.Get($"/deployments/{id}")).Is(HttpStatusCode.OK).Data;
            return (fits(seen), seen);
        },
        TimeSpan.FromMinutes(5),
        TimeSpan.FromSeconds(1));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : WorkTypeTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : WorkTypeTests(silo);
}
