using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
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

    [EngineFact]
    public async Task A_silo_knows_by_its_own_clock_that_its_lease_was_not_renewed_in_time()
    {
        var clock = new FakeTimeProvider(silo.Clock.Now);
        var lease = new SiloLease(
            silo.Database, $"silo-{Guid.NewGuid()}", $"home-{Guid.NewGuid()}", LeaseTimes.Default, clock, NullLogger<SiloLease>.Instance);
        Assert.False(lease.IsHeld);
        await lease.Take();
        clock.Advance(LeaseTimes.Default.GiveUpAfter - TimeSpan.FromMilliseconds(1));
        Assert.True(lease.IsHeld);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(lease.IsHeld);
        await lease.Renew(0);
        Assert.True(lease.IsHeld);
        await lease.End();
        Assert.False(lease.IsHeld);
    }

    private static Task<Presence> Becomes(AgentWorld world, Contracts.Agents.Enrolled device, Presence state) => Eventually.Is(
        "disconnected", async () => (await world.Presence(device)).State, s => s == state, state.ToString());

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : PresenceTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : PresenceTests(silo);
}
