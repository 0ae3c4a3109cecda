using System.Net.Http.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Silo.Tests.Agents;

/// <summary>An organization of a test's own, with what it takes to enrol devices and command them.</summary>
public sealed class AgentWorld
{
    private readonly SiloFixture _silo;

    private AgentWorld(SiloFixture silo) => _silo = silo;

    public Guid Org { get; } = Guid.CreateVersion7();

    public Guid Site { get; } = Guid.CreateVersion7();

    public DateTimeOffset Now => _silo.Clock.Now;

    public static async Task<AgentWorld> Create(SiloFixture silo)
    {
        var world = new AgentWorld(silo);
        var partner = Guid.CreateVersion7();
        var args = new { partner, org = world.Org, site = world.Site, now = silo.Clock.Now.ToUnixTimeMilliseconds() };
        await silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync("insert into partners (id, name, created_at) values (@partner, 'p', @now)", args, tx);
            await tx.Connection!.ExecuteAsync(
                "insert into organizations (id, partner_id, name, created_at) values (@org, @partner, 'o', @now)", args, tx);
            return await tx.Connection!.ExecuteAsync(
                "insert into sites (id, org_id, name, time_zone, created_at) values (@site, @org, 's', 'UTC', @now)", args, tx);
        });
        return world;
    }

    /// <summary>An enrolment key's text.</summary>
    public async Task<string> Key(int? maxUses = null, TimeSpan? expiresIn = null, bool revoked = false)
    {
        var key = "bre_" + Guid.NewGuid().ToString("N");
        var now = Now.ToUnixTimeMilliseconds();
        await _silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            """
            insert into enrollment_keys (id, org_id, site_id, name, key_hash, max_uses, created_at, expires_at, revoked_at)
            values (@id, @org, @site, 'k', @hash, @maxUses, @now, @expires, @revoked)
            """,
            new
            {
                id = Guid.CreateVersion7(),
                org = Org,
                site = Site,
                hash = DeviceToken.Hash(key),
                maxUses,
                now,
                expires = expiresIn is { } span ? (long?)(Now + span).ToUnixTimeMilliseconds() : null,
                revoked = revoked ? (long?)now : null,
            },
            tx));
        return key;
    }

    public async Task<HttpResponseMessage> TryEnrol(string key, string hostname = "host")
    {
        using var client = _silo.Client();
        return await client.PostAsJsonAsync(
            AgentMethods.EnrollPath, new EnrollRequest(key, hostname, OsType.Linux, "Debian 12", "x64", "1.0", ["edge"]), BreezeJson.Lenient);
    }

    public async Task<Enrolled> Enrol(string hostname = "host")
    {
        using var answer = await TryEnrol(await Key(), hostname);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<EnrollAnswer>(BreezeJson.Lenient))!.Data;
    }

    public NewCommand Command(Enrolled device, Guid? gate = null, bool bypass = false) => new(
        CommandId.New(), new(device.DeviceId), new(Org), CommandTypes.RunScript, """{"content":"echo"}""", 1, gate, bypass, null);

    /// <summary>Commits a command as sent and, unless told otherwise, brings it on its way.</summary>
    public async Task<NewCommand> Send(Enrolled device, Guid? gate = null, bool deliver = true)
    {
        var command = Command(device, gate);
        await _silo.Database.Write(async tx =>
        {
            await CommandLedger.InsertSent(tx, [command], Now);
            return 0;
        });
        if (deliver)
        {
            var silo = (await Presence(device)).SiloId ?? throw new InvalidOperationException("The device is not online.");
            await _silo.Services.GetRequiredService<ICommandDelivery>().Deliver(
                [new(command.Id, command.DeviceId, silo, command.Type, command.Payload, command.Attempt, null, Now)]);
        }

        return command;
    }

    public async Task<NewCommand> Queue(Enrolled device, Guid? gate = null)
    {
        var command = Command(device, gate);
        await _silo.Database.Write(async tx =>
        {
            await CommandLedger.InsertQueued(tx, [command], Now);
            return 0;
        });
        return command;
    }

    public async Task<Guid> OpenGate()
    {
        var gate = Guid.CreateVersion7();
        await Gate(tx => CommandGates.Open(tx, gate));
        return gate;
    }

    public Task Gate(Func<System.Data.Common.DbTransaction, Task> step) => _silo.Database.Write(async tx =>
    {
        await step(tx);
        return 0;
    });

    public async Task<DevicePresence> Presence(Enrolled device)
    {
        var id = new DeviceId(device.DeviceId);
        return (await _silo.Database.Read(c => PresenceQueries.Of(c, null, [id], Now)))[id];
    }

    public Task<LedgerRow> Row(NewCommand command) => _silo.Database.Read(c => c.QuerySingleAsync<LedgerRow>(
        "select state, outcome, exit_code, output, late from device_commands where id = @id", new { id = command.Id.Value }));

    public sealed class LedgerRow
    {
        public CommandState State { get; init; }

        public CommandOutcome? Outcome { get; init; }

        public int? ExitCode { get; init; }

        public string? Output { get; init; }

        public bool Late { get; init; }

        public override string ToString() => $"{State}, {Outcome}, exit code {ExitCode}, late {Late}";
    }
}
