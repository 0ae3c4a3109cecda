using System.Net.Http.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

/// <summary>A second silo on the same database, with room for a single agent.</summary>
[Collection(SiloFixture.Postgres)]
public sealed class TwoSilosTests(PostgresSilo silo) : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("breeze-silo2-").FullName;
    private WebApplication? _second;

    private Uri Second => new(_second!.Urls.First());

    [EngineFact]
    public async Task A_command_given_on_one_silo_reaches_a_device_on_the_other()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(Second, device);
        Assert.NotEqual(silo.Services.GetRequiredService<SiloLease>().SiloId, (await world.Presence(device)).SiloId);
        var sent = await world.Send(device);
        var command = await agent.Next("sent from the other silo");
        Assert.Equal(sent.Id.Value, command.Id);
        Assert.Contains(device.CommandKeys, k => k.Id == command.KeyId);
        await silo.Services.GetRequiredService<ICommandDelivery>().Cancel([new(sent.Id, sent.DeviceId, (await world.Presence(device)).SiloId!)]);
        Assert.Equal(sent.Id.Value, (await agent.NextCancel("cancelled from the other silo")).Id);
    }

    [EngineFact]
    public async Task The_cluster_is_shown_alike_by_each_of_its_silos_which_names_itself()
    {
        var world = await AgentWorld.Create(silo);
        await using var agent = await TestAgent.Connect(Second, await world.Enrol());
        using var other = new HttpClient { BaseAddress = Second };
        other.DefaultRequestHeaders.Authorization = new("Bearer", silo.AdminKey);
        // How many agents it holds is told with the lease.
        var there = await Eventually.Is("the second silo's agents", NextWord, c => c.Silos.Single(s => s.AnswersThis).ConnectedAgents == 1, "1");
        var here = await Cluster(silo.Admin);
        Assert.Equal(silo.Services.GetRequiredService<SiloLease>().SiloId, here.Silos.Single(s => s.AnswersThis).Id);
        var second = there.Silos.Single(s => s.AnswersThis);
        Assert.Equal((_second!.Services.GetRequiredService<SiloLease>().SiloId, SiloState.Active, 1, "0.1.0"), (second.Id, second.Status, second.ConnectedAgents, second.Version));
        Assert.Equal(here.Silos.Select(s => s.Id), there.Silos.Select(s => s.Id));
        Assert.Equal("postgres", here.Storage);
        Assert.Equal(here.Silos.Sum(s => s.ConnectedAgents), here.ConnectedAgents);
        Assert.Equal((Migrations.Newest, Migrations.Newest, false), (here.SchemaVersion, second.SchemaVersion, second.IsBehind));
        var lease = _second!.Services.GetRequiredService<SiloLease>();
        await lease.Drain();
        var draining = (await Cluster(other)).Silos.Single(s => s.AnswersThis);
        Assert.Equal((SiloState.Draining, 1), (draining.Status, draining.ConnectedAgents));
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            "update silo_leases set schema_version = '0008_console_reads', draining_since = null where silo_id = @SiloId", new { lease.SiloId }, tx));
        Assert.True((await Cluster(silo.Admin)).Silos.Single(s => s.Id == lease.SiloId).IsBehind);

        async Task<ClusterStatus> NextWord()
        {
            await silo.Clock.Advance(TimeSpan.FromSeconds(3));
            return await Cluster(other);
        }
    }

    private static async Task<ClusterStatus> Cluster(HttpClient client) =>
        (await client.GetFromJsonAsync<Single<ClusterStatus>>("/api/v1/cluster", BreezeJson.Lenient))!.Data;

    [EngineFact]
    public async Task A_device_that_moves_to_another_silo_loses_its_connection_to_the_first()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var old = await TestAgent.Connect(silo, device);
        await using var now = await TestAgent.Connect(Second, device);
        await old.IsClosed("connected to the other silo");
        Assert.Equal(Presence.Online, (await world.Presence(device)).State);
    }

    [EngineFact]
    public async Task An_agent_too_many_is_told_to_come_back()
    {
        var world = await AgentWorld.Create(silo);
        await using var first = await TestAgent.Connect(Second, await world.Enrol());
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () => await TestAgent.Connect(Second, await world.Enrol()));
        Assert.Contains("503", refused.ToString(), StringComparison.Ordinal);
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
            Agents = silo.Settings.Agents with { MaxConnections = 1, CommandKeyFile = Path.Combine(silo.Settings.Data, "command-keys.json") },
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
}
