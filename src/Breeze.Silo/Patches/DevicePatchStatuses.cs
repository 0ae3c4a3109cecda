using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>What became of one patch on one device, by an attempt to install it or to roll it back.</summary>
/// <param name="Error">The device's own text, bounded; null for none.</param>
/// <param name="RebootRequired">The device waits for a reboot because of it.</param>
public sealed record PatchOutcome(OrgId Org, DeviceId Device, Guid Patch, PatchResultStatus Status, string? Error, bool RebootRequired);

/// <summary>Changes of devices' patches that no scan made. Each is part of the caller's transaction, with its counts.</summary>
/// <remarks>
/// Who changes rows of <c>device_patches</c> holds, in this order: the organization's rows of the patches (where an approval decides), the
/// devices' rows of <c>device_patch_totals</c>, the counts. So scans, outcomes and decisions of the same rows wait for each other.
/// </remarks>
public static class DevicePatchStatuses
{
    private const int LongestError = 4096;

    private const string OfTheChange =
        "({rows}) v cross join device_patches t where t.org_id = v.org_id and t.patch_id = v.patch_id and t.status = @from";

    /// <summary>Applies outcomes in the order given; those of what the device never reported change nothing.</summary>
    /// <remarks>A repeat changes nothing more. See <see cref="DevicePatchState.After"/> for what becomes of what.</remarks>
    public static async Task Apply(DbTransaction tx, IReadOnlyList<PatchOutcome> outcomes, DateTimeOffset now)
    {
        await DevicePatchRows.Hold(tx, [.. outcomes.Select(o => o.Device.Value)]);
        var keys = outcomes.Select(o => (Device: o.Device.Value, o.Patch)).Distinct().ToList();
        var rows = (await tx.QueryRows<DevicePatchRow>(
            $"select {DevicePatchRow.Columns} from ({{rows}}) v cross join device_patches t where t.device_id = v.device_id and t.patch_id = v.patch_id",
            new Rows().Uuid("device_id", [.. keys.Select(k => k.Device)]).Uuid("patch_id", [.. keys.Select(k => k.Patch)])))
            .ToDictionary(r => (r.DeviceId, r.PatchId));
        var counts = new StatusCounts();
        var changed = new Dictionary<(Guid, Guid), (DevicePatchRow Row, DevicePatchState State, PatchOutcome Outcome)>();
        foreach (var outcome in outcomes)
        {
            var key = (outcome.Device.Value, outcome.Patch);
            if (!rows.TryGetValue(key, out var row) || row.OrgId != outcome.Org.Value)
            {
                continue;
            }

            var before = changed.TryGetValue(key, out var earlier) ? earlier.State : row.State;
            var after = before.After(outcome.Status);
            counts.Move(row.OrgId, row.DeviceId, row.PatchId, before.Status, after.Status);
            changed[key] = (row, after, outcome);
        }

        await Write(tx, [.. changed.Values], now);
        await counts.Write(tx);
    }

    /// <summary>
    /// Turns what is absent from its devices into missing where the organization has approved it, and back where it no longer has.
    /// </summary>
    /// <remarks>
    /// Call it after the decisions' own rows are written: it waits for the scans under way, and every later one sees the decision.
    /// Set-wide, whatever the number of devices. A repeat changes nothing.
    /// </remarks>
    public static async Task ApprovalChanged(
        DbTransaction tx, IReadOnlyList<(OrgId Org, Guid Patch, bool IsApproved)> changes, DateTimeOffset now)
    {
        var last = changes.GroupBy(c => (c.Org, c.Patch)).Select(g => g.Last()).OrderBy(c => c.Org.Value).ThenBy(c => c.Patch).ToList();
        await tx.QueryRows<Guid>(
            "select t.patch_id from ({rows}) v cross join org_patches t where t.org_id = v.org_id and t.patch_id = v.patch_id"
            + $" order by t.org_id, t.patch_id{CommandGates.HoldExclusive(tx, "t")}",
            Pairs(last));
        await Flip(tx, Pairs([.. last.Where(c => c.IsApproved)]), DevicePatchStatus.Gone, DevicePatchStatus.Missing, 1, now);
        await Flip(tx, Pairs([.. last.Where(c => !c.IsApproved)]), DevicePatchStatus.Missing, DevicePatchStatus.Gone, -1, now);
    }

    private static Rows Pairs(IReadOnlyList<(OrgId Org, Guid Patch, bool IsApproved)> changes) =>
        new Rows().Uuid("org_id", [.. changes.Select(c => c.Org.Value)]).Uuid("patch_id", [.. changes.Select(c => c.Patch)]);

    private static async Task Flip(
        DbTransaction tx, Rows pairs, DevicePatchStatus from, DevicePatchStatus to, int step, DateTimeOffset now)
    {
        var args = new { from = (int)from, to = (int)to, step, slot = StatusCounts.Slot, now = now.ToUnixTimeMilliseconds() };
        var affected = await tx.QueryRows<long>(
            $"""
            select count(*) from (
              select d.device_id from device_patch_totals d where d.device_id in (select t.device_id from {OfTheChange})
              order by d.device_id{CommandGates.HoldExclusive(tx, "d")}) h
            """,
            pairs,
            args);
        if (affected is not [> 0])
        {
            return;
        }

        await tx.ExecuteRows(
            $"""
            insert into org_patch_counts (org_id, patch_id, slot, missing)
            select t.org_id, t.patch_id, @slot, @step * count(*) from {OfTheChange} group by t.org_id, t.patch_id order by t.org_id, t.patch_id
            on conflict (org_id, patch_id, slot) do update set missing = org_patch_counts.missing + excluded.missing
            """,
            pairs,
            args);
        await tx.ExecuteRows(
            $"""
            update device_patch_totals set missing = missing + @step * x.n, noncompliant = noncompliant + @step * x.n, version = version + 1
            from (select t.device_id, count(*) as n from {OfTheChange} group by t.device_id) x where device_patch_totals.device_id = x.device_id
            """,
            pairs,
            args);
        await tx.ExecuteRows(
            $"update device_patches set status = @to, changed_at = @now where (device_id, patch_id) in (select t.device_id, t.patch_id from {OfTheChange})",
            pairs,
            args);
    }

    private static async Task Write(
        DbTransaction tx, IReadOnlyList<(DevicePatchRow Row, DevicePatchState State, PatchOutcome Outcome)> changed, DateTimeOffset now)
    {
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update device_patches set status = v.status, error = v.error, requires_reboot = v.reboot, changed_at = @now
            from v where device_patches.device_id = v.device_id and device_patches.patch_id = v.patch_id
            """,
            new Rows()
                .Uuid("device_id", [.. changed.Select(c => c.Row.DeviceId)])
                .Uuid("patch_id", [.. changed.Select(c => c.Row.PatchId)])
                .Int("status", [.. changed.Select(c => (int)c.State.Status)])
                .Text("error", [.. changed.Select(c => Error(c.State, c.Outcome))])
                .Int("reboot", [.. changed.Select(c => c.Outcome.RebootRequired ? 1 : 0)]),
            new { now = now.ToUnixTimeMilliseconds() });

        await DevicePatchRows.Touch(tx, changed.Select(c => c.Row.DeviceId));
        // The next report is looked at row by row again, even when it says what the last one said.
        await tx.ExecuteRows(
            "update device_scans set digest = null where device_id in ({rows}) and digest is not null",
            new Rows().Uuid("device_id", [.. changed.Select(c => c.Row.DeviceId).Distinct().Order()]));
    }

    private static string? Error(DevicePatchState state, PatchOutcome outcome) =>
        state.Status is DevicePatchStatus.Failed or DevicePatchStatus.Skipped ? AgentText.Bounded(outcome.Error, LongestError) : null;
}
