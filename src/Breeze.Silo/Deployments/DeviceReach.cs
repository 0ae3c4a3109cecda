using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using WindowState = Breeze.Core.Deployments.WindowState;

namespace Breeze.Silo.Deployments;

/// <summary>Whether a device can and may be touched now.</summary>
/// <param name="SiloId">The silo that holds its socket; null unless online.</param>
public readonly record struct DeviceReach(Reach Reach, WindowState Window, string? SiloId);

/// <summary>Presence, decommissioning and windows of many devices at once: a query each, whatever the number.</summary>
public sealed class DeviceReachQueries(IDatabase database, WindowQueries windows)
{
    /// <summary>A deployment may keep to windows; a patch job waits inside windows that suppress patching; a patch rollback does neither.</summary>
    public Task<IReadOnlyDictionary<DeviceId, DeviceReach>> Of(RunContext context, IReadOnlyList<DeviceId> devices, DateTimeOffset now) =>
        database.Read(async connection =>
        {
            var presence = await PresenceQueries.Of(connection, null, devices, now);
            var gone = await Decommissioned(connection, devices);
            var window = await Windows(connection, context, devices, now);
            var reach = new Dictionary<DeviceId, DeviceReach>(devices.Count);
            foreach (var (device, state) in presence)
            {
                reach[device] = new DeviceReach(
                    gone.Contains(device) ? Reach.Decommissioned : ReachOf(state.State),
                    window(device),
                    state.SiloId);
            }

            return (IReadOnlyDictionary<DeviceId, DeviceReach>)reach;
        });

    private async Task<Func<DeviceId, WindowState>> Windows(DbConnection connection, RunContext context, IReadOnlyList<DeviceId> devices, DateTimeOffset now)
    {
        if (context.Kind == RunKind.PatchJob)
        {
            var suppressed = await windows.Suppressing(new SqlSource(connection), context.Org, devices, now);
            return device => suppressed.Contains(device) ? WindowState.Closed : WindowState.Open;
        }

        if (!context.Plan.RespectsMaintenanceWindows)
        {
            return _ => WindowState.Open;
        }

        var open = await windows.ForDeployments(new SqlSource(connection), context.Org, devices, now);
        return device => WindowOf(open[device].State);
    }

    private static Reach ReachOf(Presence presence) => presence switch
    {
        Presence.Online => Reach.Online,
        Presence.RecentlyOffline => Reach.JustLost,
        _ => Reach.Offline,
    };

    internal static WindowState WindowOf(Fleet.WindowState state) => state switch
    {
        Fleet.WindowState.Inside => WindowState.Open,
        Fleet.WindowState.Outside => WindowState.Closed,
        _ => WindowState.NoneConfigured,
    };

    private static async Task<HashSet<DeviceId>> Decommissioned(DbConnection connection, IReadOnlyList<DeviceId> devices) =>
        [.. await connection.QueryRows<DeviceId>(
            "with v as ({rows}) select d.id from v join devices d on d.id = v.device_id where d.decommissioned_at is not null",
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Value)]))];
}
