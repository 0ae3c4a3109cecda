using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>A device that is out of service has no patches any more: it counts nowhere.</summary>
internal sealed class PatchesOfDecommissioned : IDecommissionListener
{
    public async Task Decommissioning(DbTransaction tx, DeviceId device, DateTimeOffset now)
    {
        var args = new { device = device.Value, slot = StatusCounts.Slot };
        // Made if it is not there: a first report that is under way is waited for, and a later one finds the device gone.
        await tx.Connection!.ExecuteAsync(
            "insert into device_patch_totals (device_id, org_id) select d.id, d.org_id from devices d where d.id = @device on conflict (device_id) do nothing",
            args,
            tx);
        await DevicePatchRows.Hold(tx, [device.Value]);
        await tx.Connection!.ExecuteAsync(
            """
            insert into org_patch_counts (org_id, patch_id, slot, pending, installed, failed, skipped, missing)
            select t.org_id, t.patch_id, @slot, case when t.status = 1 then -1 else 0 end, case when t.status = 2 then -1 else 0 end,
              case when t.status = 3 then -1 else 0 end, case when t.status = 4 then -1 else 0 end, case when t.status = 5 then -1 else 0 end
            from device_patches t where t.device_id = @device and t.status <> 6 order by t.org_id, t.patch_id
            on conflict (org_id, patch_id, slot) do update set pending = org_patch_counts.pending + excluded.pending,
              installed = org_patch_counts.installed + excluded.installed, failed = org_patch_counts.failed + excluded.failed,
              skipped = org_patch_counts.skipped + excluded.skipped, missing = org_patch_counts.missing + excluded.missing
            """,
            args,
            tx);
        foreach (var table in new[] { "device_patches", "device_patch_totals", "device_scans", "patch_report_parts" })
        {
            await tx.Connection!.ExecuteAsync($"delete from {table} where device_id = @device", args, tx);
        }
    }

    public Task Decommissioned(DeviceId device) => Task.CompletedTask;
}
