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

    /// <summary>0 where it was not asked for.</summary>
    public int Source { get; init; }

    public DevicePatchState State => new((DevicePatchStatus)Status, Offered);
}

internal static class DevicePatchRows
{
    /// <summary>Holds all that these devices have: nobody else changes rows of theirs until the transaction ends.</summary>
    public static Task Hold(DbTransaction tx, IReadOnlyCollection<Guid> devices) => tx.QueryRows<Guid>(
        $"select d.device_id from device_patch_totals d where d.device_id in ({{rows}}) order by d.device_id{CommandGates.HoldExclusive(tx, "d")}",
        new Rows().Uuid("device_id", [.. devices.Distinct()]));
}
