using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>An organization of a test's own: a script, devices with agents in this process, and the API.</summary>
public sealed class DeploymentWorld(SiloFixture silo)
{
    private static readonly string[] Terminal = ["completed", "failed", "cancelled"];

    public Guid Partner { get; } = Guid.CreateVersion7();

    public Guid Org { get; } = Guid.CreateVersion7();

    public Guid Site { get; } = Guid.CreateVersion7();

    public Guid Script { get; } = Guid.CreateVersion7();

    public Guid UndoScript { get; } = Guid.CreateVersion7();

    public List<DeviceId> Devices { get; } = [];

    public Dictionary<DeviceId, InProcessAgent> Agents { get; } = [];

    public static async Task<DeploymentWorld> Create(SiloFixture silo, int devices, bool online = true)
    {
        var world = new DeploymentWorld(silo);
        await world.Seed();
        await world.AddDevices(devices);
        if (online)
        {
            await Task.WhenAll(world.Agents.Values.Select(a => a.Connect()));
        }

        return world;
    }

    public InProcessAgent Agent(int index) => Agents[Devices[index]];

    public object Body(object rollout, object? target = null, object? payload = null) => new
    {
        orgId = Org,
        name = "Rollout",
        type = "script",
        payload = payload ?? new { scriptId = Script, parameters = new { } },
        targetType = "all",
        targetConfig = target ?? new { type = "all" },
        rolloutConfig = rollout,
    };

    /// <summary>Creates a deployment and takes it as far as pending.</summary>
    public async Task<Guid> Initialized(object rollout, object? payload = null)
    {
        var created = await Post("/api/v1/deployments", Body(rollout, payload: payload));
        var id = created.GetProperty("data").GetProperty("id").GetGuid();
        await Post($"/api/v1/deployments/{id}/initialize");
        return id;
    }

    public async Task<Guid> Started(object rollout, object? payload = null)
    {
        var id = await Initialized(rollout, payload);
        await Post($"/api/v1/deployments/{id}/start");
        return id;
    }

    public async Task<JsonElement> Post(string path, object? body = null, HttpStatusCode? expected = null)
    {
        using var answer = await silo.Admin.PostAsJsonAsync(path, body ?? new { }, BreezeJson.Lenient);
        return await Read(answer, path, expected);
    }

    public Task<JsonElement> Act(Guid id, string action, HttpStatusCode? expected = null) => Post($"/api/v1/deployments/{id}/{action}", null, expected);

    public async Task<JsonElement> Get(string path)
    {
        using var answer = await silo.Admin.GetAsync(path);
        return await Read(answer, path, null);
    }

    public async Task<JsonElement> Deployment(Guid id) => (await Get($"/api/v1/deployments/{id}")).GetProperty("data");

    public async Task<JsonElement> Record(Guid id, int index) => (await Get($"/api/v1/deployments/{id}/devices/{Devices[index]}")).GetProperty("data");

    /// <summary>Moves the clock until the deployment's own view fits; invariants are looked at on every look.</summary>
    public Task Until(Guid id, string expected, Func<JsonElement, bool> fits, TimeSpan? most = null, TimeSpan? step = null) =>
        silo.Clock.AdvanceUntil(
            $"deployment {id} until {expected}",
            async () =>
            {
                await Invariants.Hold(silo, id);
                var deployment = await Deployment(id);
                return (fits(deployment), deployment.GetProperty("status") + " " + deployment.GetProperty("progress") + " " + deployment.GetProperty("pausedReason"));
            },
            most ?? TimeSpan.FromMinutes(10),
            step ?? TimeSpan.FromSeconds(1));

    public Task UntilStatus(Guid id, string status, TimeSpan? most = null, TimeSpan? step = null) =>
        Until(id, status, d => d.GetProperty("status").GetString() == status, most, step);

    public Task UntilEnded(Guid id, TimeSpan? most = null, TimeSpan? step = null) =>
        Until(id, "ended", d => Terminal.Contains(d.GetProperty("status").GetString()), most, step);

    public static int Count(JsonElement deployment, string member) => deployment.GetProperty("progress").GetProperty(member).GetInt32();

    public async Task AddDevices(int count)
    {
        var first = Devices.Count;
        var added = Enumerable.Range(first, count).Select(_ => DeviceId.New()).ToList();
        await silo.Database.Write(tx => tx.ExecuteRows(
            """
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
            select v.device, @Org, @Site, v.host, v.host, 'linux', 'Debian 12', 'x64', '1.0', v.token, @now from ({rows}) v
            """,
            new Rows()
                .Uuid("device", [.. added.Select(d => d.Value)])
                .Text("host", [.. added.Select((_, i) => $"host-{first + i:D6}")])
                .Text("token", [.. added.Select(_ => Guid.NewGuid().ToString("N"))]),
            new { Org, Site, now = silo.Clock.Now.ToUnixTimeMilliseconds() }));
        var connections = silo.Services.GetRequiredService<AgentConnections>();
        foreach (var device in added)
        {
            Devices.Add(device);
            Agents.Add(device, new InProcessAgent(connections, device));
        }
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer, string path, HttpStatusCode? expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(
            expected is null ? answer.IsSuccessStatusCode : answer.StatusCode == expected,
            $"{path}: {(int)answer.StatusCode} {text} instead of {expected?.ToString() ?? "success"}");
        return JsonDocument.Parse(text).RootElement;
    }

    private Task<bool> Seed() => silo.Database.Write(async tx =>
    {
        var args = new { Partner, Org, Site, Script, UndoScript, now = silo.Clock.Now.ToUnixTimeMilliseconds() };
        foreach (var sql in new[]
        {
            "insert into partners (id, name, created_at) values (@Partner, 'p', @now)",
            "insert into organizations (id, partner_id, name, created_at) values (@Org, @Partner, 'o', @now)",
            "insert into sites (id, org_id, name, time_zone, created_at) values (@Site, @Org, 's', 'UTC', @now)",
            Insert("@Script", "echo done"),
            Insert("@UndoScript", "echo undone"),
        })
        {
            await tx.Connection!.ExecuteAsync(sql, args, tx);
        }

        return true;

        static string Insert(string id, string content) =>
            "insert into scripts (id, org_id, name, language, content, parameters, timeout_seconds, created_at, updated_at)"
            + $" values ({id}, @Org, 'script', 'bash', '{content}', '[]', 60, @now, @now)";
    });
}
