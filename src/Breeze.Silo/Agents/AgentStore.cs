using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>The agents' rows: every read and write of one device goes with those of many others.</summary>
public sealed class AgentStore : IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly GroupRead<Guid, DeviceRow> _devices;
    private readonly GroupRead<Guid, KnownCommand> _commands;
    private readonly GroupCommit<PresenceChange, bool> _presence;
    private readonly GroupCommit<CommandId, bool> _accepted;
    private readonly GroupCommit<CommandEnd, bool> _ended;
    private readonly GroupCommit<(DeviceId Device, DeviceFacts Facts), bool> _facts;

    public AgentStore(IDatabase database, TimeProvider clock)
    {
        _clock = clock;
        _devices = new("agent_devices", database, ReadDevices);
        _commands = new("agent_commands", database, ReadCommands);
        _presence = new("agent_presence", database, WritePresence, new() { CountsAsBacklog = true });
        _accepted = new("agent_accepted", database, WriteAccepted, new() { CountsAsBacklog = true });
        _ended = new("agent_results", database, WriteEnded, new() { CountsAsBacklog = true });
        _facts = new("agent_inventory", database, WriteFacts);
    }

    internal Task<DeviceRow?> Device(DeviceId device) => _devices.Read(device.Value);

    public Task<KnownCommand?> Command(CommandId id) => _commands.Read(id.Value);

    /// <returns>False: a newer connection is committed, or the device is not enrolled any more.</returns>
    internal Task<bool> Connected(PresenceChange arrival) => _presence.Commit(arrival);

    public Task Disconnected(DeviceId device, long epoch) => _presence.Commit(new(device, epoch, null));

    /// <summary>Accepts a command that has no origin.</summary>
    /// <returns>True: the device may run it.</returns>
    public Task<bool> Accepted(CommandId id) => _accepted.Commit(id);

    /// <summary>Ends a command that has no origin.</summary>
    public Task Ended(CommandEnd end) => _ended.Commit(end);

    public Task Facts(DeviceId device, DeviceFacts facts) => _facts.Commit((device, facts));

    public async ValueTask DisposeAsync()
    {
        await _presence.DisposeAsync();
        await _accepted.DisposeAsync();
        await _ended.DisposeAsync();
        await _facts.DisposeAsync();
        await _commands.DisposeAsync();
        await _devices.DisposeAsync();
    }

    private static async Task<IReadOnlyDictionary<Guid, DeviceRow>> ReadDevices(DbConnection connection, IReadOnlyList<Guid> ids) =>
        (await connection.QueryRows<DeviceRow>(
            """
            with v as ({rows})
            select d.id, d.silo_id, d.connection_epoch, d.disconnected_at, d.decommissioned_at, d.token_revoked_at
            from v join devices d on d.id = v.device_id
            """,
            new Rows().Uuid("device_id", [.. ids]))).ToDictionary(d => d.Id);

    private static async Task<IReadOnlyDictionary<Guid, KnownCommand>> ReadCommands(DbConnection connection, IReadOnlyList<Guid> ids) =>
        (await connection.QueryRows<CommandRow>(
            "with v as ({rows}) select c.id, c.device_id, c.attempt, c.origin from v join device_commands c on c.id = v.command_id",
            new Rows().Uuid("command_id", [.. ids]))).ToDictionary(c => c.Id, c => new KnownCommand(new(c.DeviceId), c.Attempt, c.Origin));

    // Not "is null" alone: a planner without statistics (a new, restored or upgraded database) thinks that one row in 200 is null, and walks
    // all devices by a partial index instead of looking 512 up by their ids: 2 s a batch at 20,000 devices.
    private async Task<IReadOnlyList<bool>> WritePresence(DbTransaction tx, IReadOnlyList<PresenceChange> changes)
    {
        var now = new { now = _clock.GetUtcNow().ToUnixTimeMilliseconds() };
        var arrivals = changes.Where(c => c.Arrival is not null).ToList();
        var live = (await tx.QueryRows<EpochRow>(
            """
            with v as ({rows})
            update devices set silo_id = v.silo, connection_epoch = v.epoch, connected_at = @now, disconnected_at = null, last_seen_at = @now,
              agent_version = v.agent, os_version = v.os, capabilities = v.can
            from v where devices.id = v.device_id and devices.connection_epoch < v.epoch
              and coalesce(devices.decommissioned_at, devices.token_revoked_at) is null
            returning id, connection_epoch
            """,
            new Rows()
                .Uuid("device_id", [.. arrivals.Select(c => c.Device.Value)])
                .BigInt("epoch", [.. arrivals.Select(c => c.Epoch)])
                .Text("silo", [.. arrivals.Select(c => c.Arrival!.SiloId)])
                .Text("agent", [.. arrivals.Select(c => c.Arrival!.AgentVersion)])
                .Text("os", [.. arrivals.Select(c => c.Arrival!.OsVersion)])
                .Text("can", [.. arrivals.Select(c => c.Arrival!.Capabilities)]),
            now)).Select(r => (r.Id, r.ConnectionEpoch)).ToHashSet();
        var departures = changes.Where(c => c.Arrival is null).ToList();
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update devices set disconnected_at = @now, last_seen_at = @now
            from v where devices.id = v.device_id and devices.connection_epoch = v.epoch and coalesce(devices.disconnected_at, 0) = 0
            """,
            new Rows().Uuid("device_id", [.. departures.Select(c => c.Device.Value)]).BigInt("epoch", [.. departures.Select(c => c.Epoch)]),
            now);
        return [.. changes.Select(c => c.Arrival is null || live.Contains((c.Device.Value, c.Epoch)))];
    }

    private async Task<IReadOnlyList<bool>> WriteAccepted(DbTransaction tx, IReadOnlyList<CommandId> ids)
    {
        await CommandLedger.Accept(tx, ids, _clock.GetUtcNow());
        var running = (await CommandLedger.Running(tx, ids)).ToHashSet();
        return [.. ids.Select(i => running.Contains(i.Value))];
    }

    private async Task<IReadOnlyList<bool>> WriteEnded(DbTransaction tx, IReadOnlyList<CommandEnd> ends)
    {
        var done = (await CommandLedger.Finish(tx, ends, _clock.GetUtcNow())).ToHashSet();
        return [.. ends.Select(e => done.Contains(e.Id.Value))];
    }

    private static async Task<IReadOnlyList<bool>> WriteFacts(DbTransaction tx, IReadOnlyList<(DeviceId Device, DeviceFacts Facts)> reports)
    {
        // The last report of a device wins; two rows for one device in one update would be settled by chance.
        var last = reports.GroupBy(r => r.Device).Select(g => g.Last()).ToList();
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update devices set hostname = coalesce(v.name, hostname), hostname_key = coalesce(v.name_key, hostname_key),
              os_version = coalesce(v.os, os_version), architecture = coalesce(v.arch, architecture), agent_version = coalesce(v.agent, agent_version),
              version = version + 1
            from v where devices.id = v.device_id
            """,
            new Rows()
                .Uuid("device_id", [.. last.Select(r => r.Device.Value)])
                .Text("name", [.. last.Select(r => r.Facts.Hostname)])
                .Text("name_key", [.. last.Select(r => r.Facts.Hostname?.ToLowerInvariant())])
                .Text("os", [.. last.Select(r => r.Facts.OsVersion)])
                .Text("arch", [.. last.Select(r => r.Facts.Architecture)])
                .Text("agent", [.. last.Select(r => r.Facts.AgentVersion)]));
        return [.. reports.Select(_ => true)];
    }

    private sealed class EpochRow
    {
        public Guid Id { get; init; }

        public long ConnectionEpoch { get; init; }
    }

    private sealed class CommandRow
    {
        public Guid Id { get; init; }

        public Guid DeviceId { get; init; }

        public int Attempt { get; init; }

        public string? Origin { get; init; }
    }
}

/// <summary>A connection's beginning (with an arrival) or end (without).</summary>
internal sealed record PresenceChange(DeviceId Device, long Epoch, AgentArrival? Arrival);

internal sealed class DeviceRow
{
    public Guid Id { get; init; }

    public string? SiloId { get; init; }

    public long ConnectionEpoch { get; init; }

    public long? DisconnectedAt { get; init; }

    public long? DecommissionedAt { get; init; }

    public long? TokenRevokedAt { get; init; }
}
