using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Agents;
using Breeze.Silo.Approvals;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>One round of the intake: at most one report a device, all in one transaction, set-wide.</summary>
/// <remarks>
/// Rows are read without holding anything, to know which patches' decisions matter and who says something new; then the devices are held,
/// and where an attempt's outcome has come meanwhile, their rows are read again. The order in which things are held is that of
/// <see cref="DevicePatchStatuses"/>.
/// </remarks>
internal sealed class IntakeBatch(
    DbTransaction tx,
    IReadOnlyList<(PatchReport Report, ReportingDevice Device)> reports,
    IReadOnlyDictionary<(PatchSource Source, string ExternalId), Guid> ids,
    DateTimeOffset now)
{
    private readonly Dictionary<(Guid Org, Guid Patch), bool> _approved = [];

    public async Task Run()
    {
        var work = reports.Select(r => new Work(r.Report, r.Device, [.. r.Report.Patches.Select(p => Seen(r.Report.Source, p))])).ToList();
        var known = work.ToDictionary(w => w.Key, _ => new Dictionary<Guid, KnownPatch>());
        await Read(known, [.. work.Where(w => w.Device.Version is not null)]);
        var isNew = await OrgPatchWrites.Write(tx, [.. work.SelectMany(w => Statements(w, known[w.Key]))], now);
        await HoldDecisions(work, known);
        var (gone, changed) = await HoldDevices();
        work.RemoveAll(w => gone.Contains(w.Device.Id));
        await Read(known, [.. work.Where(w => changed.Contains(w.Device.Id))]);
        await HoldDecisions(work, known);
        var changes = work.SelectMany(w => InventoryDiff
            .Of(known[w.Key], w.Seen, w.Report.Complete, patch => _approved[(w.Device.OrgId, patch)])
            .Select(change => (w.Device, w.Report.Source, Change: change)))
            .OrderBy(c => c.Device.Id).ThenBy(c => c.Change.Patch).ToList();
        await Write(changes);
        var counts = new StatusCounts();
        changes.ForEach(c => counts.Move(c.Device.OrgId, c.Device.Id, c.Change.Patch, c.Change.Before?.Status, c.Change.After.Status));
        await counts.Write(tx);
        await DevicePatchRows.Touch(tx, changes.Select(c => c.Device.Id));
        // Last, for it writes to the audit log, whose chain others wait for. What is new to the organization is absent nowhere yet.
        foreach (var org in isNew.GroupBy(p => p.Org).OrderBy(o => o.Key))
        {
            await AutoApprovals.OnReported(tx, new OrgId(org.Key), [.. org.Select(p => p.Patch)], now);
        }
    }

    private SeenPatch Seen(PatchSource source, PatchStatement said) =>
        new(ids[(source, said.ExternalId)], said.Available, said.Version, said.CurrentVersion, said.Statement);

    private static IEnumerable<NewStatement> Statements(Work work, Dictionary<Guid, KnownPatch> known)
    {
        for (var i = 0; i < work.Seen.Length; i++)
        {
            var seen = work.Seen[i];
            if (!known.TryGetValue(seen.Patch, out var row) || row.Statement != seen.Statement)
            {
                yield return new(work.Device.OrgId, seen.Patch, work.Report.Source, work.Device.OsBit, work.Report.Patches[i]);
            }
        }
    }

    private async Task Read(Dictionary<(Guid, PatchSource), Dictionary<Guid, KnownPatch>> known, IReadOnlyList<Work> of)
    {
        // By its place and not by its id: ids are what costs most to read, and a batch has thousands of rows.
        var rows = await tx.QueryRows<KnownRow>(
            """
            select v.n, t.patch_id, t.status, t.offered, t.version, t.current_version, t.statement
            from ({rows}) v cross join device_patches t where t.device_id = v.device_id and t.source = v.source
            """,
            new Rows()
                .Uuid("device_id", [.. of.Select(w => w.Device.Id)])
                .Int("source", [.. of.Select(w => (int)w.Report.Source)])
                .Int("n", [.. Enumerable.Range(0, of.Count)]));
        foreach (var work in of)
        {
            known[work.Key].Clear();
        }

        foreach (var row in rows)
        {
            known[of[row.N].Key].Add(row.PatchId, row.Known);
        }
    }

    // A decision about a patch that is absent somewhere waits until this has committed, or was committed before this reads it.
    private async Task HoldDecisions(List<Work> work, Dictionary<(Guid, PatchSource), Dictionary<Guid, KnownPatch>> known)
    {
        var absent = work.Where(w => w.Report.Complete)
            .SelectMany(w => InventoryDiff.Absent(known[w.Key], w.Seen).Select(k => (Org: w.Device.OrgId, k.Patch)))
            .Where(p => !_approved.ContainsKey(p))
            .Distinct().OrderBy(p => p.Org).ThenBy(p => p.Patch).ToList();
        var rows = new Rows().Uuid("org_id", [.. absent.Select(a => a.Org)]).Uuid("patch_id", [.. absent.Select(a => a.Patch)]);
        await tx.QueryRows<Guid>(
            "select t.patch_id from ({rows}) v cross join org_patches t where t.org_id = v.org_id and t.patch_id = v.patch_id"
            + $" order by t.org_id, t.patch_id{CommandGates.HoldShared(tx, "t")}",
            rows);
        var decided = await tx.QueryRows<DecisionRow>(
            $"select a.org_id, a.patch_id, {ApprovalSql.Effective("a")} as status from ({{rows}}) v cross join patch_approvals a"
            + " where a.org_id = v.org_id and a.patch_id = v.patch_id",
            rows,
            new { now = now.ToUnixTimeMilliseconds() });
        var approved = decided.Where(d => d.Status == (int)ApprovalStatus.Approved).Select(d => (d.OrgId, d.PatchId)).ToHashSet();
        absent.ForEach(pair => _approved[pair] = approved.Contains(pair));
    }

    /// <returns>Devices that were taken out of service before they could be held, and those whose rows changed since they were read.</returns>
    private async Task<(HashSet<Guid> Gone, HashSet<Guid> Changed)> HoldDevices()
    {
        var devices = reports.Select(r => r.Device).OrderBy(d => d.Id).ToList();
        await tx.ExecuteRows(
            "insert into device_patch_totals (device_id, org_id) select v.device_id, v.org_id from ({rows}) v where true on conflict (device_id) do nothing",
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Id)]).Uuid("org_id", [.. devices.Select(d => d.OrgId)]));
        var versions = await DevicePatchRows.Hold(tx, [.. devices.Select(d => d.Id)]);
        var gone = await tx.QueryRows<Guid>(
            "select d.id from ({rows}) v cross join devices d where d.id = v.device_id and d.decommissioned_at is not null",
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Id)]));
        // Who was taken out of service between the two statements above has no row to hold any more.
        return (
            [.. gone, .. devices.Where(d => !versions.ContainsKey(d.Id)).Select(d => d.Id)],
            [.. devices.Where(d => versions.GetValueOrDefault(d.Id) != (d.Version ?? 0)).Select(d => d.Id)]);
    }

    private async Task Write(List<(ReportingDevice Device, PatchSource Source, PatchChange Change)> changes)
    {
        var args = new { now = now.ToUnixTimeMilliseconds() };
        var made = changes.Where(c => c.Change.Before is null).ToList();
        await tx.ExecuteRows(
            """
            insert into device_patches (device_id, patch_id, org_id, source, status, offered, version, current_version, statement,
              first_seen_at, changed_at)
            select v.device_id, v.patch_id, v.org_id, v.source, v.status, v.offered, v.version, v.current_version, v.statement, @now, @now
            from ({rows}) v
            """,
            Columns(made)
                .Uuid("org_id", [.. made.Select(c => c.Device.OrgId)])
                .Int("source", [.. made.Select(c => (int)c.Source)]),
            args);
        // An attempt's error is told as long as what it explains.
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update device_patches set error = case when v.status = device_patches.status then device_patches.error end, status = v.status,
              offered = v.offered, version = v.version, current_version = v.current_version, statement = v.statement, changed_at = @now
            from v where device_patches.device_id = v.device_id and device_patches.patch_id = v.patch_id
            """,
            Columns([.. changes.Where(c => c.Change.Before is not null)]),
            args);
    }

    private static Rows Columns(List<(ReportingDevice Device, PatchSource Source, PatchChange Change)> changes) => new Rows()
        .Uuid("device_id", [.. changes.Select(c => c.Device.Id)])
        .Uuid("patch_id", [.. changes.Select(c => c.Change.Patch)])
        .Int("status", [.. changes.Select(c => (int)c.Change.After.Status)])
        .Int("offered", [.. changes.Select(c => c.Change.After.Offered ? 1 : 0)])
        .Text("version", [.. changes.Select(c => c.Change.Version)])
        .Text("current_version", [.. changes.Select(c => c.Change.CurrentVersion)])
        .BigInt("statement", [.. changes.Select(c => c.Change.Statement)]);

    private sealed record Work(PatchReport Report, ReportingDevice Device, SeenPatch[] Seen)
    {
        public (Guid, PatchSource) Key => (Device.Id, Report.Source);
    }

    private sealed class KnownRow
    {
        public int N { get; init; }

        public Guid PatchId { get; init; }

        public int Status { get; init; }

        public bool Offered { get; init; }

        public string? Version { get; init; }

        public string? CurrentVersion { get; init; }

        public long Statement { get; init; }

        public KnownPatch Known => new(PatchId, new((DevicePatchStatus)Status, Offered), Version, CurrentVersion, Statement);
    }

    private sealed class DecisionRow
    {
        public Guid OrgId { get; init; }

        public Guid PatchId { get; init; }

        public int Status { get; init; }
    }
}
