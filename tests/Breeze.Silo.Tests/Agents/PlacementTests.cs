using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Deployments;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

/// <summary>Two silos: grains are where their work is, and agents go where there are fewer.</summary>
[Collection(SiloFixture.Postgres)]
public sealed class PlacementTests(PostgresSilo silo) : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("breeze-silo2-").FullName;
    private WebApplication? _second;

    private Uri Second => new(_second!.Urls.First());

    [EngineFact]
    public async Task An_agents_grain_lives_where_its_socket_is_and_follows_it()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var (first, second) = (IdOf(silo.Services), IdOf(_second!.Services));
        foreach (var (address, home) in new[] { (Second, second), (silo.Address, first), (Second, second) })
        {
            await using var agent = await TestAgent.Connect(address, device);
            await Eventually.Is("connected to another silo", () => Home(device.DeviceId), at => at == home, home);
            var sent = await world.Send(device);
            var command = await agent.Next("sent");
            Assert.True(await agent.Accept(command));
            Assert.Null((await agent.Say(new Contracts.Agents.Result(command.Id, 1, Contracts.Agents.ResultStatus.Completed, 0))).Refused);
            Assert.Equal(CommandState.Done, (await world.Row(sent)).State);
        }
    }

    [EngineFact]
    public async Task Deployments_are_spread_over_the_silos_whoever_asks_for_them()
    {
        var management = silo.Grains.GetGrain<IManagementGrain>(0);
        var homes = new List<string>();
        for (var n = 0; n < 40; n++)
        {
            var grain = silo.Grains.GetGrain<IDeploymentGrain>(Guid.CreateVersion7());
            await grain.Wake();
            homes.Add((await Eventually.Is("activated", async () => await management.GetActivationAddress(grain), at => at is not null, "an address"))!.ToParsableString());
        }

        // A fair coin gives fewer than 8 of 40 once in 30,000 runs.
        Assert.All([IdOf(silo.Services), IdOf(_second!.Services)], id => Assert.InRange(homes.Count(h => h == id), 8, 32));
    }

    [Fact]
    public void Shards_are_spread_by_chance_as_deployments_are() => Assert.All(
        [typeof(DeploymentGrain), typeof(ShardGrain)],
        grain => Assert.IsType<RandomPlacementAttribute>(Assert.Single(grain.GetCustomAttributes(typeof(PlacementAttribute), inherit: false))));

    [EngineFact]
    public async Task A_silo_with_more_than_its_share_hands_idle_agents_over_and_none_that_works()
    {
        var world = await AgentWorld.Create(silo);
        var devices = new List<Contracts.Agents.Enrolled>();
        for (var n = 0; n < 120; n++)
        {
            devices.Add(await world.Enrol());
        }

        var agents = await Task.WhenAll(devices.Select(d => TestAgent.Connect(silo, d)));
        try
        {
            await world.Send(devices[0]);
            await agents[0].Next("sent");
            var connections = silo.Services.GetRequiredService<AgentConnections>();
            var before = connections.Count;
            using var balancer = ActivatorUtilities.CreateInstance<SocketBalancer>(silo.Services);
            var asked = await balancer.Turn();
            Assert.InRange(asked, 1, (before + 99) / 100);
            await Eventually.Is("asked to go", () => Task.FromResult(connections.Count), now => now == before - asked, $"{before - asked} agents");

            connections.HandOver(before);
            await Eventually.Is("all asked to go", () => Task.FromResult(connections.Count), now => now <= before - 119, "one agent of these");
            Assert.NotNull(connections.Find(new DeviceId(devices[0].DeviceId)));
        }
        finally
        {
            await Task.WhenAll(agents.Select(a => a.DisposeAsync().AsTask()));
        }
    }

    public async Task InitializeAsync()
    {
        if (PostgresServer.Missing is not null)
        {
            return;
        }

        var settings = silo.Settings with
        {
            Data = _data,
            Agents = silo.Settings.Agents with { CommandKeyFile = Path.Combine(silo.Settings.Data, "command-keys.json") },
        };
        _second = Program.Build(settings, silo.UseClock);
        await _second.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_second is not null)
        {
            await _second.StopAsync();
            await _second.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    private static string IdOf(IServiceProvider services) => services.GetRequiredService<SiloLease>().SiloId;

    private async Task<string?> Home(Guid device) => (await silo.Grains.GetGrain<IManagementGrain>(0)
        .GetActivationAddress(silo.Grains.GetGrain<IAgentGrain>(device)))?.ToParsableString();
}
