using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Changes what operators may change of a device.</summary>
internal sealed partial class DeviceStore(
    IDatabase database, IEnumerable<IDecommissionListener> listeners, TimeProvider clock, ILogger<DeviceStore> logger)
{
    public Task<Answer<Versioned<Device>>> Patch(Caller caller, Guid id, long? version, DevicePatch patch) => database.Write<Answer<Versioned<Device>>>(async tx =>
    {
        if (patch.SiteId is not null && !Rights.Allow(Right.ManageSites, caller.Role, caller.Scope.Kind))
        {
            return new Refusal(RefusalKind.Forbidden, "Only an admin moves a device to another site.", "siteId");
        }

        var read = DeviceChange.Read(patch);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        var now = clock.GetUtcNow();
        if (await DeviceRow.Find(tx, caller.Scope, id, now) is not { } row)
        {
            return Refusal.NotFound("The device");
        }

        if (row.DecommissionedAt is not null)
        {
            return Refusal.Invalid("The device is decommissioned; it cannot be changed.");
        }

        var change = read.Value!;
        if (change.SiteId is { } site && await IsNoSite(tx, row.OrgId, site))
        {
            return Refusal.Invalid("siteId names no site of the device's organization.", "siteId");
        }

        if (await change.Apply(tx, id, version) is { } refusal)
        {
            return refusal;
        }

        await FleetAudit.Write(tx, caller, row.OrgId, clock, "device.update", "device", id, change.Details);
        var changed = (await DeviceRow.Find(tx, caller.Scope, id, now))!;
        return new Versioned<Device>((await DeviceRow.Show(tx, [changed]))[0], changed.Version);
    });

    /// <summary>Takes a device out of service for good: its credential is void, nothing targets it, its history stays.</summary>
    public async Task<Answer<Versioned<Device>>> Decommission(Caller caller, Guid id, long? version)
    {
        var answer = await database.Write<Answer<Versioned<Device>>>(async tx =>
        {
            var now = clock.GetUtcNow();
            if (await DeviceRow.Find(tx, caller.Scope, id, now) is not { } row)
            {
                return Refusal.NotFound("The device");
            }

            if (row.DecommissionedAt is not null)
            {
                return Refusal.Invalid("The device is decommissioned already.");
            }

            var changed = await tx.Connection!.ExecuteAsync(
                "update devices set decommissioned_at = @now, token_revoked_at = coalesce(token_revoked_at, @now), version = version + 1"
                + " where id = @id and decommissioned_at is null" + Fence.Sql(version),
                new { id, now, version },
                tx);
            if (changed == 0)
            {
                return EntityTags.Mismatch("The device");
            }

            foreach (var listener in listeners)
            {
                await listener.Decommissioning(tx, new DeviceId(id), now);
            }

            await FleetAudit.Write(tx, caller, row.OrgId, clock, "device.decommission", "device", id, new { row.Hostname });
            var after = (await DeviceRow.Find(tx, caller.Scope, id, now))!;
            return new Versioned<Device>((await DeviceRow.Show(tx, [after]))[0], after.Version);
        });
        if (!answer.IsRefused)
        {
            await Tell(new DeviceId(id));
        }

        return answer;
    }

    private async Task Tell(DeviceId device)
    {
        foreach (var listener in listeners)
        {
            try
            {
                await listener.Decommissioned(device);
            }
            catch (Exception error)
            {
                // The device is out of service, whatever became of its connection: that is what the caller is to hear.
                LogConnectionLeft(error, device);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} is decommissioned, but ending its connection failed")]
    private partial void LogConnectionLeft(Exception error, DeviceId device);

    private static async Task<bool> IsNoSite(SqlSource source, OrgId org, Guid site) =>
        await source.First<Guid?>("select s.id from sites s where s.id = @site and s.org_id = @org", new { site, org }) is null;
}
