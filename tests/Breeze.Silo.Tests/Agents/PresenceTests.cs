using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public abstract class PresenceTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_device_is_online_then_waited_for_a_minute_then_offline()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        Assert.Equal(Presence.Offline, (await world.Presence(device)).State);
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            Assert.Equal(Presence.Online, (await world.Presence(device)).State);
        }

        await Becomes(world, device, Presence.RecentlyOffline);
        await silo.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(Presence.RecentlyOffline, (await world.Presence(device)).State);
        await silo.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Presence.Offline, (await world.Presence(device)).State);
    }

    [EngineFact]
    public async Task After_a_restart_of_the_silo_its_devices_are_waited_for_and_get_what_was_under_way()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device);
        await agent.Next("sent");
        await silo.Restart();
        await agent.IsClosed("the silo stopped");
        Assert.Equal(Presence.RecentlyOffline, (await world.Presence(device)).State);
        await silo.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(Presence.RecentlyOffline, (await world.Presence(device)).State);
        await using var again = await TestAgent.Connect(silo, device);
        Assert.Equal(sent.Id.Value, (await again.Next("connected to the next silo")).Id);
        Assert.Equal(Presence.Online, (await world.Presence(device)).State);
    }

    private static Task<Presence> Becomes(AgentWorld world, Contracts.Agents.Enrolled device, Presence state) => Eventually.Is(
        "disconnected", async () => (await world.Presence(device)).State, s => s == state, state.ToString());

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : PresenceTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : PresenceTests(silo);
}
