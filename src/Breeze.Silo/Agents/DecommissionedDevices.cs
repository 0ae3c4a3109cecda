using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>What a device's decommissioning does to its commands and its connection.</summary>
internal sealed class DecommissionedDevices(IGrainFactory grains) : IDecommissionListener
{
    // Commands with an origin are its own to give up: it counts them.
    public Task Decommissioning(DbTransaction tx, DeviceId device, DateTimeOffset now) => tx.Connection!.ExecuteAsync(
        "update device_commands set state = 5, ended_at = @now, resend_at = null where device_id = @device and state in (1, 2) and origin is null",
        new { device = device.Value, now = now.ToUnixTimeMilliseconds() },
        tx);

    // Its credential is void by then: it does not come back.
    public Task Decommissioned(DeviceId device) => grains.GetGrain<IAgentGrain>(device.Value).End("The device was decommissioned.");
}
