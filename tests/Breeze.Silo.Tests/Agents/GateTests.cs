using Breeze.Contracts.Agents;
using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public abstract class GateTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_command_of_a_withdrawn_gate_may_not_run_and_its_late_result_is_only_kept()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var gate = await world.OpenGate();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device, gate);
        var command = await agent.Next("sent");
        await world.Gate(tx => CommandGates.Withdraw(tx, gate));
        Assert.False(await agent.Accept(command));
        await agent.Say(new(command.Id, 1, ResultStatus.Completed, 0, "ran all the same"));
        var row = await world.Row(sent);
        Assert.Equal((CommandState.Withdrawn, null, true, "ran all the same"), (row.State, row.Outcome, row.Late, row.Output));
    }

    [EngineFact]
    public async Task An_accepted_command_goes_on_when_its_gate_is_withdrawn()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var gate = await world.OpenGate();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device, gate);
        var command = await agent.Next("sent");
        await agent.Accept(command);
        await world.Gate(tx => CommandGates.Withdraw(tx, gate));
        await agent.Say(new(command.Id, 1, ResultStatus.Completed, 0));
        var row = await world.Row(sent);
        Assert.Equal((CommandState.Done, CommandOutcome.Completed, false), (row.State, row.Outcome, row.Late));
    }

    [EngineFact]
    public async Task Withdrawing_in_steps_names_whom_to_tell_and_the_device_hears_it()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var gate = await world.OpenGate();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device, gate);
        await agent.Next("sent");
        var queued = await world.Queue(await world.Enrol("away"), gate);
        var withdrawn = await silo.Database.Write(async tx =>
        {
            await CommandGates.Withdraw(tx, gate);
            return await CommandLedger.WithdrawGate(tx, gate, 10, world.Now);
        });
        Assert.Equal(2, withdrawn.Count);
        var told = Assert.Single(withdrawn, w => w.WasSent);
        Assert.Equal(sent.Id, told.Id);
        Assert.Equal(CommandState.Withdrawn, (await world.Row(queued)).State);
        await silo.Services.GetRequiredService<ICommandDelivery>().Cancel([new(told.Id, told.DeviceId, told.SiloId!)]);
        Assert.Equal(sent.Id.Value, (await agent.NextCancel("withdrawn")).Id);
    }

    [EngineFact]
    public async Task Behind_a_closed_gate_a_sent_command_is_not_sent_again_until_it_opens()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var gate = await world.OpenGate();
        NewCommand sent;
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            sent = await world.Send(device, gate);
            await agent.Next("sent");
        }

        await world.Gate(tx => CommandGates.Close(tx, gate));
        await using var again = await TestAgent.Connect(silo, device);
        await silo.Clock.Advance(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(10));
        await again.HasNoMore();
        await world.Gate(tx => CommandGates.Open(tx, gate));
        await silo.Clock.Advance(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5));
        Assert.Equal(sent.Id.Value, (await again.Next("opened again")).Id);
    }

    [EngineFact]
    public async Task A_sent_command_may_be_accepted_after_its_gate_closed()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var gate = await world.OpenGate();
        await using var agent = await TestAgent.Connect(silo, device);
        await world.Send(device, gate);
        var command = await agent.Next("sent");
        await world.Gate(tx => CommandGates.Close(tx, gate));
        Assert.True(await agent.Accept(command));
    }

    [EngineFact]
    public async Task A_withdrawn_gate_never_opens_again()
    {
        var world = await AgentWorld.Create(silo);
        var gate = await world.OpenGate();
        await world.Gate(tx => CommandGates.Withdraw(tx, gate));
        await world.Gate(tx => CommandGates.Open(tx, gate));
        Assert.False(await silo.Database.Write(tx => CommandGates.HoldOpen(tx, gate)));
    }

    [EngineFact]
    public async Task Nothing_becomes_sent_after_a_close_that_ran_against_many_senders_has_committed()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        for (var round = 0; round < 5; round++)
        {
            var gate = await world.OpenGate();
            var stop = false;
            var senders = Enumerable.Range(0, 4).Select(async _ =>
            {
                await Task.Yield();
                while (!Volatile.Read(ref stop))
                {
                    await silo.Database.Write(async tx =>
                    {
                        if (await CommandGates.HoldOpen(tx, gate))
                        {
                            await CommandLedger.InsertSent(tx, [world.Command(device, gate)], world.Now);
                        }

                        return 0;
                    });
                }
            }).ToArray();
            await Eventually.Is("dispatching", () => Sent(gate), n => n > 20, "more than 20 sent");
            await world.Gate(tx => CommandGates.Close(tx, gate));
            var atClose = await Sent(gate);
            await Task.Delay(50);
            var later = await Sent(gate);
            Volatile.Write(ref stop, true);
            await Task.WhenAll(senders);
            Assert.Equal(atClose, later);
            Assert.Equal(atClose, await Sent(gate));
        }
    }

    private Task<long> Sent(Guid gate) => silo.Database.Read(c =>
        c.ExecuteScalarAsync<long>("select count(*) from device_commands where gate_id = @gate and state in (1, 2)", new { gate }));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : GateTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : GateTests(silo);
}
