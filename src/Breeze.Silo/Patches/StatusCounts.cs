using System.Data.Common;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>Collects how rows of <c>device_patches</c> moved between statuses, and writes the counts that follow in the same transaction.</summary>
internal sealed class StatusCounts
{
    /// <summary>The statuses that are counted, in the order of the columns.</summary>
    public const string Columns = "pending, installed, failed, skipped, missing";

    private const int Statuses = (int)DevicePatchStatus.Missing;

    /// <summary>This silo's rows of <c>org_patch_counts</c>. Two that share a slot only wait for each other now and then.</summary>
    public static readonly int Slot = (int)((uint)HashCode.Combine(Environment.MachineName, Environment.ProcessId) % 16);

    private readonly Dictionary<(Guid Org, Guid Patch), int[]> _patches = [];
    private readonly Dictionary<Guid, int[]> _devices = [];

    /// <param name="from">Null: there was no row.</param>
    public void Move(Guid org, Guid device, Guid patch, DevicePatchStatus? from, DevicePatchStatus to)
    {
        if (from == to)
        {
            return;
        }

        Add(Of(_patches, (org, patch)), from, to);
        Add(Of(_devices, device), from, to);
    }

    /// <summary>Writes the counts, rows in one order. The devices' rows of <c>device_patch_totals</c> are there and held.</summary>
    public async Task Write(DbTransaction tx)
    {
        var patches = _patches.Where(p => p.Value.Any(n => n != 0)).OrderBy(p => p.Key.Org).ThenBy(p => p.Key.Patch).ToList();
        await tx.ExecuteRows(
            $$"""
            insert into org_patch_counts (org_id, patch_id, slot, {{Columns}})
            select v.org_id, v.patch_id, @slot, v.pending, v.installed, v.failed, v.skipped, v.missing from ({rows}) v where true
            on conflict (org_id, patch_id, slot) do update set pending = org_patch_counts.pending + excluded.pending,
              installed = org_patch_counts.installed + excluded.installed, failed = org_patch_counts.failed + excluded.failed,
              skipped = org_patch_counts.skipped + excluded.skipped, missing = org_patch_counts.missing + excluded.missing
            """,
            Counted(
                new Rows().Uuid("org_id", [.. patches.Select(p => p.Key.Org)]).Uuid("patch_id", [.. patches.Select(p => p.Key.Patch)]),
                [.. patches.Select(p => p.Value)]),
            new { slot = Slot });
        var devices = _devices.Where(d => d.Value.Any(n => n != 0)).OrderBy(d => d.Key).ToList();
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update device_patch_totals set pending = device_patch_totals.pending + v.pending,
              installed = device_patch_totals.installed + v.installed, failed = device_patch_totals.failed + v.failed,
              skipped = device_patch_totals.skipped + v.skipped, missing = device_patch_totals.missing + v.missing,
              noncompliant = device_patch_totals.noncompliant + v.pending + v.failed + v.skipped + v.missing
            from v where device_patch_totals.device_id = v.device_id
            """,
            Counted(new Rows().Uuid("device_id", [.. devices.Select(d => d.Key)]), [.. devices.Select(d => d.Value)]));
    }

    private static Rows Counted(Rows rows, int[][] counts) => rows
        .Int("pending", Of(counts, DevicePatchStatus.Pending))
        .Int("installed", Of(counts, DevicePatchStatus.Installed))
        .Int("failed", Of(counts, DevicePatchStatus.Failed))
        .Int("skipped", Of(counts, DevicePatchStatus.Skipped))
        .Int("missing", Of(counts, DevicePatchStatus.Missing));

    private static int[] Of(int[][] counts, DevicePatchStatus status) => [.. counts.Select(c => c[(int)status - 1])];

    private static int[] Of<TKey>(Dictionary<TKey, int[]> counts, TKey key)
        where TKey : notnull
    {
        if (!counts.TryGetValue(key, out var count))
        {
            counts.Add(key, count = new int[Statuses]);
        }

        return count;
    }

    private static void Add(int[] counts, DevicePatchStatus? from, DevicePatchStatus to)
    {
        if (from is { } left and not DevicePatchStatus.Gone)
        {
            counts[(int)left - 1]--;
        }

        if (to != DevicePatchStatus.Gone)
        {
            counts[(int)to - 1]++;
        }
    }
}
