using System.Data.Common;
using Breeze.Core.Patches;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>A row of <c>device_patches t</c> as it is decided upon.</summary>
internal sealed class DevicePatchRow
{
    public const string Columns = "t.device_id, t.patch_id, t.org_id, t.status, t.offered, t.version, t.current_version, t.statement";

    public Guid DeviceId { get; init; }

    public Guid PatchId { get; init; }

    public Guid OrgId { get; init; }

    public int Status { get; init; }

    public bool Offered { get; init; }

    public string? Version { get; init; }

    public string? CurrentVersion { get; init; }

    public long Statement { get; init; }

    public DevicePatchState State => new((DevicePatchStatus)Status, Offered);
}

internal static class DevicePatchRows
{
    /// <summary>Holds all that these devices have: nobody else changes rows of theirs until the transaction ends.</summary>
    /// <returns>Each device's version: it is higher when its rows have changed.</returns>
    public static async Task<Dictionary<Guid, long>> Hold(DbTransaction tx, IReadOnlyCollection<Guid> devices) => (await tx.QueryRows<VersionRow>(
        "select d.device_id, d.version from device_patch_totals d where d.device_id in ({rows})"
        + $" order by d.device_id{CommandGates.HoldExclusive(tx, "d")}",
        new Rows().Uuid("device_id", [.. devices.Distinct()]))).ToDictionary(r => r.DeviceId, r => r.Version);

    /// <summary>Tells those who read before that they must read again. The devices are held.</summary>
    public static Task<int> Touch(DbTransaction tx, IEnumerable<Guid> devices) => tx.ExecuteRows(
        "update device_patch_totals set version = version + 1 where device_id in ({rows})",
        new Rows().Uuid("device_id", [.. devices.Distinct().Order()]));

    private sealed class VersionRow
    {
        public Guid DeviceId { get; init; }

        public long Version { get; init; }
    }
}
