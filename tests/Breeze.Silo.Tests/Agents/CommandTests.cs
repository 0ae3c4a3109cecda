using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public abstract class CommandTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_command_comes_signed_for_its_device_and_ends_with_its_result()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device);
        var command = await agent.Next("sent");
        Assert.Equal((sent.Id.Value, sent.Payload, 1), (command.Id, command.Payload, command.Attempt));
        Assert.True(command.ExpiresAt - world.Now <= TimeSpan.FromMinutes(5));
        using var key = CommandSignature.Import(device.CommandKeys.Single(k => k.Id == command.KeyId));
        Assert.True(CommandSignature.Verify(command, device.DeviceId, key));
        Assert.True(await agent.Accept(command));
        Assert.Equal(CommandState.Accepted, (await world.Row(sent)).State);
        Assert.Null((await agent.Say(new(command.Id, 1, ResultStatus.Failed, 3, "out", "err", 12))).Refused);
        var row = await world.Row(sent);
        Assert.Equal((CommandState.Done, CommandOutcome.Failed, 3, "out"), (row.State, row.Outcome, row.ExitCode, row.Output));
        await agent.HasNoMore(known: command.Id);
    }

    [EngineFact]
    public async Task A_repeated_result_changes_nothing_and_is_acknowledged()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device);
        var command = await agent.Next("sent");
        await agent.Accept(command);
        await agent.Say(new(command.Id, 1, ResultStatus.Completed, 0));
        Assert.Null((await agent.Say(new(command.Id, 1, ResultStatus.Failed, 9))).Refused);
        var row = await world.Row(sent);
        Assert.Equal((CommandOutcome.Completed, 0, false), (row.Outcome, row.ExitCode, row.Late));
    }

    [EngineFact]
    public async Task A_command_comes_again_when_the_connection_dies_before_it_was_accepted()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        Command first;
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            await world.Send(device);
            first = await agent.Next("sent");
        }

        await using var again = await TestAgent.Connect(silo, device);
        var second = await again.Next("connected again");
        Assert.Equal(first.Id, second.Id);
        Assert.True(second.Sequence > first.Sequence);
        Assert.True(await again.Accept(second));
    }

    [EngineFact]
    public async Task An_accepted_command_comes_again_until_it_ended_and_is_not_accepted_twice_in_the_ledger()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        NewCommand sent;
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            sent = await world.Send(device);
            await agent.Accept(await agent.Next("sent"));
        }

        await using var again = await TestAgent.Connect(silo, device);
        var command = await again.Next("connected again");
        Assert.True(await again.Accept(command));
        await again.Say(new(command.Id, 1, ResultStatus.Interrupted));
        Assert.Equal(CommandOutcome.Interrupted, (await world.Row(sent)).Outcome);
    }

    [EngineFact]
    public async Task An_accepted_command_comes_again_though_the_database_failed_when_the_device_connected()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            await world.Send(device);
            await agent.Accept(await agent.Next("sent"));
        }

        await Rename("device_commands", "device_commands_away");
        TestAgent? again = null;
        try
        {
            again = await TestAgent.Connect(silo, device);
            await again.HasNoMore();
        }
        finally
        {
            await Rename("device_commands_away", "device_commands");
        }

        await silo.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.True(await again.Accept(await again.Next("looked up again")));
        await again.DisposeAsync();
    }

    [EngineFact]
    public async Task What_was_queued_while_the_device_was_away_comes_when_it_connects()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var queued = await world.Queue(device);
        await using var agent = await TestAgent.Connect(silo, device);
        Assert.Equal(queued.Id.Value, (await agent.Next("connected")).Id);
        Assert.Equal(CommandState.Sent, (await world.Row(queued)).State);
    }

    [EngineFact]
    public async Task What_was_queued_for_a_device_that_is_there_after_all_comes_on_waking()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var queued = await world.Queue(device);
        await silo.Services.GetRequiredService<ICommandDelivery>().Wake([new DeviceId(device.DeviceId)]);
        Assert.Equal(queued.Id.Value, (await agent.Next("woken")).Id);
    }

    [EngineFact]
    public async Task A_lost_delivery_is_made_up_by_the_resend_loop()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        // The look for waiting commands that follows Hello is over by then, so this one only the loop can find.
        await agent.HasNoMore();
        var sent = await world.Send(device, deliver: false);
        await agent.HasNoMore();
        await silo.Clock.Advance(CommandLedger.ResendAfter + TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        Assert.Equal(sent.Id.Value, (await agent.Next("resend")).Id);
    }

    [EngineFact]
    public async Task What_a_silo_sent_before_another_died_is_sent_again_at_once()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        await agent.HasNoMore();
        var sent = await world.Send(device, deliver: false);
        await silo.Clock.Advance(TimeSpan.FromSeconds(4));
        await agent.HasNoMore();
        silo.Services.GetRequiredService<SiloDeaths>().SiloStatusChangeNotification(SiloAddress.Zero, SiloStatus.Dead);
        await silo.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(sent.Id.Value, (await agent.Next("resend")).Id);
    }

    [EngineFact]
    public async Task Another_devices_command_and_another_attempt_are_refused_and_change_nothing()
    {
        var world = await AgentWorld.Create(silo);
        var (honest, liar) = (await world.Enrol("honest"), await world.Enrol("liar"));
        await using var one = await TestAgent.Connect(silo, honest);
        await using var two = await TestAgent.Connect(silo, liar);
        var sent = await world.Send(honest);
        var command = await one.Next("sent");
        Assert.False((await two.Accept(command.Id, 1)).Proceed);
        Assert.NotNull((await two.Say(new(command.Id, 1, ResultStatus.Completed, 0))).Refused);
        Assert.NotNull((await one.Say(new(command.Id, 2, ResultStatus.Completed, 0))).Refused);
        Assert.NotNull((await one.Say(new(Guid.NewGuid(), 1, ResultStatus.Completed, 0))).Refused);
        Assert.Equal(CommandState.Sent, (await world.Row(sent)).State);
        Assert.True(await one.Accept(command));
    }

    [EngineFact]
    public async Task A_lie_is_audited_at_once_and_further_ones_as_one_line_a_minute()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol("liar");
        await using var agent = await TestAgent.Connect(silo, device);
        var lie = new Result(Guid.NewGuid(), 1, ResultStatus.Completed, 0);
        await agent.Say(lie);
        var line = Assert.Single(await Refused(world));
        Assert.Equal(("command.report", lie.CommandId.ToString(), 1), Shown(line));
        Assert.Equal(("device", device.DeviceId.ToString(), "liar"), (Actor(line, "kind"), Actor(line, "id"), Actor(line, "name")));
        for (var i = 0; i < 20; i++)
        {
            await agent.Say(lie);
        }

        Assert.Single(await Refused(world));
        await silo.Clock.AdvanceUntil(
            "the minute's line", async () => (await Refused(world)).Count == 2 ? (true, null) : (false, "one line"), TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(10));
        Assert.Equal(("command.report", lie.CommandId.ToString(), 20), Shown((await Refused(world))[0]));
        await silo.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(2, (await Refused(world)).Count);
    }

    private static (string?, string?, int) Shown(JsonElement line) => (
        line.GetProperty("action").GetString(),
        line.GetProperty("target").GetProperty("id").GetString(),
        line.GetProperty("details").GetProperty("count").GetInt32());

    private static string? Actor(JsonElement line, string member) => line.GetProperty("actor").GetProperty(member).GetString();

    private async Task<IReadOnlyList<JsonElement>> Refused(AgentWorld world)
    {
        var page = await silo.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/audit-logs?orgId={world.Org}&result=refused");
        return [.. page.GetProperty("data").EnumerateArray()];
    }

    [EngineFact]
    public async Task A_newer_connection_ends_the_older_and_takes_over()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var old = await TestAgent.Connect(silo, device);
        await using var now = await TestAgent.Connect(silo, device);
        await old.IsClosed("a newer connection came");
        Assert.Equal(Silo.Agents.Presence.Online, (await world.Presence(device)).State);
        await world.Send(device);
        await now.Next("sent");
    }

    [EngineFact]
    public async Task Long_and_binary_output_is_stored_bounded_and_marked()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device);
        var command = await agent.Next("sent");
        await agent.Accept(command);
        var output = "a\0b" + new string('ü', AgentMethods.MaxOutputBytes / 2);
        Assert.Null((await agent.Say(new(command.Id, 1, ResultStatus.Completed, 0, output))).Refused);
        var stored = (await world.Row(sent)).Output!;
        Assert.StartsWith("a\uFFFDb", stored, StringComparison.Ordinal);
        Assert.EndsWith("bytes in all]", stored, StringComparison.Ordinal);
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(stored) <= AgentMethods.MaxOutputBytes);
    }

    [EngineFact]
    public async Task A_device_reports_its_new_name_and_system()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol("old");
        await using var agent = await TestAgent.Connect(silo, device);
        await agent.Report(new("NEW", "Debian 13"));
        var row = await silo.Database.Read(c => Dapper.SqlMapper.QuerySingleAsync<(string, string, string)>(
            c, "select hostname, hostname_key, os_version from devices where id = @id", new { id = device.DeviceId }));
        Assert.Equal(("NEW", "new", "Debian 13"), row);
    }

    [EngineFact]
    public async Task Operators_see_a_devices_commands_newest_first_by_pages()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var first = await world.Queue(device);
        // Ids order by their millisecond, and by chance within one.
        await Task.Delay(2);
        var second = await world.Queue(device);
        var page = await silo.Admin.GetFromJsonAsync<PagedList<DeviceCommand>>(
            $"/api/v1/devices/{device.DeviceId}/commands?limit=1", BreezeJson.Lenient);
        Assert.Equal((second.Id.Value, 2L), (page!.Data.Single().Id, page.Pagination.Total));
        var next = await silo.Admin.GetFromJsonAsync<PagedList<DeviceCommand>>(
            $"/api/v1/devices/{device.DeviceId}/commands?limit=1&cursor={page.NextCursor}", BreezeJson.Lenient);
        Assert.Equal(first.Id.Value, next!.Data.Single().Id);
        Assert.Null(next.NextCursor);
        var one = await silo.Admin.GetFromJsonAsync<Single<DeviceCommandDetail>>(
            $"/api/v1/devices/{device.DeviceId}/commands/{first.Id}", BreezeJson.Lenient);
        Assert.Equal(DeviceCommandState.Queued, one!.Data.Command.State);
    }

    private Task<int> Rename(string table, string to) =>
        silo.Database.Write(tx => tx.Connection!.ExecuteAsync($"alter table {table} rename to {to}", transaction: tx));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : CommandTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : CommandTests(silo);
}
