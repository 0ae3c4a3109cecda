using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Commands that wait for their devices: finds those that may go now and commits them as sent.</summary>
public sealed class WaitingCommands : IAsyncDisposable
{
    // One device's wait may be long; a batch of devices bounds what one transaction holds.
    private const int DevicesPerBatch = 64;

    private readonly TimeProvider _clock;
    private readonly GroupRead<Guid, DeviceWaits> _waiting;
    private readonly GroupCommit<DeviceId, IReadOnlyList<OutgoingCommand>> _claims;

    public WaitingCommands(IDatabase database, SiloLease lease, TimeProvider clock)
    {
        _clock = clock;
        _waiting = new("agent_waiting", database, ReadWaiting);
        _claims = new("agent_claims", database, (tx, devices) => ClaimBatch(tx, devices, lease.SiloId), new() { MaxBatch = DevicesPerBatch });
    }

    /// <summary>
    /// What goes to a device that just connected: queued, sent and not accepted (gates permitting), and accepted but not ended, for the
    /// answer to its Accepted may have been lost. Committed as sent when answered.
    /// </summary>
    public async Task<IReadOnlyList<OutgoingCommand>> Claim(DeviceId device) =>
        await _waiting.Read(device.Value) is null ? [] : await _claims.Commit(device);

    public async ValueTask DisposeAsync()
    {
        await _waiting.DisposeAsync();
        await _claims.DisposeAsync();
    }

    private static async Task<IReadOnlyDictionary<Guid, DeviceWaits>> ReadWaiting(DbConnection connection, IReadOnlyList<Guid> devices) =>
        (await connection.QueryRows<Guid>(
            """
            with v as ({rows})
            select v.device_id from v where exists (select 1 from device_commands c where c.device_id = v.device_id and c.state in (1, 2, 3))
            """,
            new Rows().Uuid("device_id", [.. devices]))).ToDictionary(d => d, _ => new DeviceWaits());

    private async Task<IReadOnlyList<IReadOnlyList<OutgoingCommand>>> ClaimBatch(
        DbTransaction tx, IReadOnlyList<DeviceId> devices, string siloId)
    {
        var waiting = await tx.QueryRows<WaitingRow>(
            $"with v as ({{rows}}) select {WaitingRow.Columns} from v join device_commands c on c.device_id = v.device_id where c.state in (1, 2, 3)",
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Value).Distinct()]));
        var go = (await CommandClaims.Step(tx, waiting, _clock.GetUtcNow())).ToLookup(c => c.DeviceId);
        return [.. devices.Select(d => (IReadOnlyList<OutgoingCommand>)[.. go[d].Select(c => c with { SiloId = siloId })])];
    }

    private sealed class DeviceWaits;
}
