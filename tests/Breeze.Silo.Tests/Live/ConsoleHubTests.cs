using System.Collections.Concurrent;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Live;

/// <summary>What a console hears over a real socket.</summary>
public abstract class ConsoleHubTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_subscriber_hears_the_rollout_to_its_end_at_most_five_times_a_second()
    {
        var world = await DeploymentWorld.Create(silo, 30);
        var id = await world.Initialized(new { type = "staggered", staggered = new { batchSize = 10, batchDelayMinutes = 1 } });
        await using var hub = Connection(silo.AdminKey);
        var heard = new ConcurrentQueue<(DateTimeOffset At, DeploymentProgress Message)>();
        var devices = new ConcurrentDictionary<Guid, DeviceRecordStatus>();
        hub.On<DeploymentProgress>(ConsoleHubMethods.DeploymentProgress, m => heard.Enqueue((silo.Clock.Now, m)));
        hub.On<DevicesChanged>(ConsoleHubMethods.DevicesChanged, m =>
        {
            Assert.True(m.Devices.Count <= 200);
            foreach (var device in m.Devices)
            {
                devices[device.DeviceId] = device.Status;
            }
        });
        await hub.StartAsync();
        var now = await hub.InvokeAsync<DeploymentProgress>(ConsoleHubMethods.Subscribe, new SubscribeRequest(id));
        Assert.Equal((DeploymentStatus.Pending, 30), (now.Status, now.Progress!.Pending));

        await world.Act(id, "start");
        await world.UntilEnded(id, TimeSpan.FromMinutes(30), TimeSpan.FromMilliseconds(500));
        await silo.Clock.Advance(TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500));
        await Eventually.Is("the last message", () => Task.FromResult(heard.LastOrDefault().Message), m => m?.Status == DeploymentStatus.Completed, "completed");
        Assert.Equal(30, heard.Last().Message.Progress!.Completed);
        Assert.Equal(30, devices.Count);
        Assert.Equal(heard.Select(h => h.Message.Version), heard.Select(h => h.Message.Version).Order());

        // The versions are the moments of sending: within one second of the silo's clock there are at most five.
        var versions = heard.Select(h => h.Message.Version).ToList();
        Assert.All(versions, v => Assert.True(versions.Count(other => other >= v && other < v + 1_000) <= 5));
    }

    [EngineFact]
    public async Task A_deployment_of_others_is_refused_like_an_unknown_one()
    {
        var own = await DeploymentWorld.Create(silo, 1);
        var foreign = await DeploymentWorld.Create(silo, 1);
        var id = await foreign.Initialized(new { type = "immediate" });
        var key = (await own.Post("/api/v1/api-keys", new { name = "console", scope = "org", orgId = own.Org, role = "admin" }))
            .GetProperty("data").GetProperty("key").GetString()!;
        await using var hub = Connection(key);
        await hub.StartAsync();
        var refused = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync<DeploymentProgress>(ConsoleHubMethods.Subscribe, new SubscribeRequest(id)));
        var unknown = await Assert.ThrowsAsync<HubException>(
            () => hub.InvokeAsync<DeploymentProgress>(ConsoleHubMethods.Subscribe, new SubscribeRequest(Guid.NewGuid())));
        Assert.Equal(unknown.Message, refused.Message);
    }

    private HubConnection Connection(string key) => new HubConnectionBuilder()
        .WithUrl(new Uri(silo.Address, "/hubs/console"), o =>
        {
            o.Transports = HttpTransportType.WebSockets;
            o.SkipNegotiation = true;
            o.AccessTokenProvider = () => Task.FromResult<string?>(key);
        })
        .AddJsonProtocol(o => o.PayloadSerializerOptions = BreezeJson.Lenient)
        .Build();
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteConsoleHubTests(SqliteSilo silo) : ConsoleHubTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresConsoleHubTests(PostgresSilo silo) : ConsoleHubTests(silo);
