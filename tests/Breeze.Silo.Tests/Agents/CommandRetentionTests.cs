using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public abstract class CommandRetentionTests(SiloFixture silo)
{
    private const long LongAgo = 1_000;

    [EngineFact]
    public async Task Old_ended_commands_of_no_run_go_and_all_others_stay()
    {
        var device = DeviceId.New();
        var (old, open, gated, young) = (CommandId.New(), CommandId.New(), CommandId.New(), CommandId.New());
        await silo.Database.Write(async tx =>
        {
            await CommandLedger.InsertQueued(
                tx,
                [New(old, device), New(open, device), New(gated, device) with { GateId = Guid.NewGuid() }, New(young, device)],
                silo.Clock.Now);
            return await tx.Connection!.ExecuteAsync(
                """
                update device_commands set state = 4, outcome = 1, ended_at = @LongAgo where id in (@old, @gated);
                update device_commands set state = 4, outcome = 1, ended_at = @now where id = @young;
                update device_commands set sent_at = @LongAgo where id = @open;
                """,
                new { LongAgo, old, gated, young, open, now = silo.Clock.Now },
                tx);
        });
        await Task.WhenAll(Finish(Loop<CommandRetention>()), Finish(Loop<CommandRetention>()));
        var left = await silo.Database.Read(c => c.QueryAsync<CommandId>("select id from device_commands where device_id = @device order by id", new { device }));
        Assert.Equal(new[] { open, gated, young }.OrderBy(c => c.Value), left.OrderBy(c => c.Value));
    }

    [EngineFact]
    public async Task A_payload_goes_once_it_was_last_used_before_the_oldest_command_and_not_when_it_is_used_again()
    {
        var device = DeviceId.New();
        var (used, unused) = ($"{{\"used\":\"{Guid.NewGuid()}\"}}", $"{{\"unused\":\"{Guid.NewGuid()}\"}}");
        var again = CommandId.New();
        await Insert(New(CommandId.New(), device, used), New(CommandId.New(), device, unused));
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            "update command_payloads set used_at = @LongAgo where body in (@used, @unused)", new { LongAgo, used, unused }, tx));
        await Insert(New(again, device, used));
        // Nothing older than a command's own payload is ever in question: the rows above would carry theirs otherwise.
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            "delete from device_commands where device_id = @device and id <> @again", new { device, again }, tx));
        await Finish(Loop<PayloadRetention>());
        Assert.Equal([used], await silo.Database.Read(c => c.QueryAsync<string>("select body from command_payloads where body in (@used, @unused)", new { used, unused })));
    }

    [EngineFact]
    public async Task A_lease_is_kept_while_a_device_was_last_there_by_it_alone()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var (named, nobodys) = ($"silo-{Guid.NewGuid()}", $"silo-{Guid.NewGuid()}");
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            """
            insert into silo_leases (silo_id, home, lease_until, started_at) values (@named, 'a', @LongAgo, 1), (@nobodys, 'b', @LongAgo, 1);
            update devices set silo_id = @named, disconnected_at = null where id = @device;
            """,
            new { named, nobodys, LongAgo, device = device.DeviceId },
            tx));
        await Finish(Loop<LeaseRetention>());
        Assert.Equal([named], await silo.Database.Read(c => c.QueryAsync<string>("select silo_id from silo_leases where silo_id in (@named, @nobodys)", new { named, nobodys })));
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync("update devices set disconnected_at = 1 where id = @device", new { device = device.DeviceId }, tx));
        await Finish(Loop<LeaseRetention>());
        Assert.Equal(0, await silo.Database.Read(c => c.ExecuteScalarAsync<int>("select count(*) from silo_leases where silo_id = @named", new { named })));
    }

    private static NewCommand New(CommandId id, DeviceId device, string payload = "{}") =>
        new(id, device, OrgId.New(), "reboot", payload, 1, null, false, null);

    private Task<bool> Insert(params NewCommand[] commands) => silo.Database.Write(async tx =>
    {
        await CommandLedger.InsertQueued(tx, commands, silo.Clock.Now);
        return true;
    });

    private T Loop<T>()
        where T : RetentionLoop => ActivatorUtilities.CreateInstance<T>(silo.Services);

    private static async Task Finish(RetentionLoop loop)
    {
        while (await loop.Step(isFirst: false) > 0)
        {
        }
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : CommandRetentionTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : CommandRetentionTests(silo);
}
