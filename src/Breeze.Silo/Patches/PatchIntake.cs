using System.Collections.Concurrent;
using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>Group commit of reports: many devices' inventories in one transaction, of which only the difference is written.</summary>
public sealed class PatchIntake : IAsyncDisposable
{
    // Devices whose last report says the same cost one row each; others are bounded by their patches.
    private const int ReportsPerBatch = 256;
    private const int PatchesPerBatch = 40_000;

    private readonly TimeProvider _clock;
    private readonly PatchIdentities _identities = new();

    // Whose turn it is when many report at once; a device never changes its organization.
    private readonly ConcurrentDictionary<DeviceId, Guid> _orgs = new();
    private readonly GroupCommit<PatchReport, string?> _commits;

    public PatchIntake(IDatabase database, TimeProvider clock)
    {
        _clock = clock;
        _commits = new("patch_reports", database, Commit, new()
        {
            MaxBatch = ReportsPerBatch,
            Weight = report => report.Patches.Count + 1,
            MaxWeight = PatchesPerBatch,
            FairBy = report => _orgs.TryGetValue(report.Device, out var org) ? org : default,
        });
    }

    /// <summary>Takes a report whole; durable when answered. A repeat changes nothing.</summary>
    /// <returns>Why it was not taken; null when it was.</returns>
    public Task<string?> Take(PatchReport report) => _commits.Commit(report);

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private async Task<IReadOnlyList<string?>> Commit(DbTransaction tx, IReadOnlyList<PatchReport> reports)
    {
        var now = _clock.GetUtcNow();
        var refused = new string?[reports.Count];
        var fresh = new Dictionary<(PatchSource, string), Guid>();
        // Two reports of one device: the second is compared with what the first has made.
        foreach (var round in reports.Select((report, i) => (Report: report, At: i)).GroupBy(r => r.Report.Device)
            .SelectMany(device => device.Select((r, turn) => (r.Report, r.At, Turn: turn))).GroupBy(r => r.Turn).OrderBy(r => r.Key))
        {
            var devices = await Devices(tx, [.. round.Select(r => r.Report)]);
            var taken = new List<(PatchReport Report, ReportingDevice Device)>();
            foreach (var (report, at, _) in round)
            {
                var device = devices.GetValueOrDefault(report.Device.Value);
                refused[at] = Refuse(report, device);
                if (refused[at] is null)
                {
                    taken.Add((report, device!));
                    _orgs[report.Device] = device!.OrgId;
                }
            }

            await Take(tx, taken, fresh, now);
        }

        return refused;
    }

    private async Task Take(
        DbTransaction tx, List<(PatchReport Report, ReportingDevice Device)> taken, Dictionary<(PatchSource, string), Guid> fresh, DateTimeOffset now)
    {
        var different = taken.Where(t => !IsUnchanged(t)).ToList();
        if (different.Count > 0)
        {
            var ids = await _identities.Resolve(
                tx, different.SelectMany(t => t.Report.Patches.Select(p => (t.Report.Source, p.ExternalId))), fresh, now);
            await new IntakeBatch(tx, different, ids, now).Run();
        }

        await Note(tx, taken, now);
        var inParts = taken.Where(t => t.Report.ScanId is not null).ToList();
        await tx.ExecuteRows(
            "delete from patch_report_parts where (device_id, source, scan_id) in ({rows})",
            new Rows()
                .Uuid("device_id", [.. inParts.Select(t => t.Device.Id)])
                .Int("source", [.. inParts.Select(t => (int)t.Report.Source)])
                .Uuid("scan_id", [.. inParts.Select(t => t.Report.ScanId)]));
    }

    // The digest of an unchanged report stays as it is: an outcome that was committed since it was read has cleared it.
    private static async Task Note(DbTransaction tx, List<(PatchReport Report, ReportingDevice Device)> taken, DateTimeOffset now)
    {
        var args = new { now = now.ToUnixTimeMilliseconds() };
        await tx.ExecuteRows(
            """
            insert into device_scans (device_id, source, scan_id, reported_at, completed_at, digest)
            select v.device_id, v.source, v.scan_id, @now, case when v.complete = 1 then @now end, v.digest from ({rows}) v where true
            on conflict (device_id, source) do update set scan_id = excluded.scan_id, reported_at = excluded.reported_at,
              completed_at = coalesce(excluded.completed_at, device_scans.completed_at), digest = excluded.digest, error = null
            """,
            Scans([.. taken.Where(t => !IsUnchanged(t))]),
            args);
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update device_scans set scan_id = v.scan_id, reported_at = @now, completed_at = @now, error = null
            from v where device_scans.device_id = v.device_id and device_scans.source = v.source
            """,
            Scans([.. taken.Where(IsUnchanged)]),
            args);
    }

    private static bool IsUnchanged((PatchReport Report, ReportingDevice Device) taken) =>
        taken.Report.Complete && taken.Report.Digest == taken.Device.Digest;

    private static Rows Scans(List<(PatchReport Report, ReportingDevice Device)> scans)
    {
        scans.Sort(static (a, b) => a.Device.Id.CompareTo(b.Device.Id));
        return new Rows()
            .Uuid("device_id", [.. scans.Select(t => t.Device.Id)])
            .Int("source", [.. scans.Select(t => (int)t.Report.Source)])
            .Uuid("scan_id", [.. scans.Select(t => t.Report.ScanId)])
            .Int("complete", [.. scans.Select(t => t.Report.Complete ? 1 : 0)])
            .Text("digest", [.. scans.Select(t => t.Report.Complete ? t.Report.Digest : null)]);
    }

    private static string? Refuse(PatchReport report, ReportingDevice? device) => device switch
    {
        null or { DecommissionedAt: not null } => "The device is not in service.",
        _ when !InventoryDiff.Suits(report.Source, device.OsType) => $"A device with {device.OsType} has no patches of this source.",
        _ => null,
    };

    private static async Task<Dictionary<Guid, ReportingDevice>> Devices(DbTransaction tx, IReadOnlyList<PatchReport> reports) =>
        (await tx.QueryRows<ReportingDevice>(
            """
            with v as ({rows})
            select d.id, d.org_id, d.os_type, d.decommissioned_at, s.digest, t.version
            from v join devices d on d.id = v.device_id left join device_scans s on s.device_id = v.device_id and s.source = v.source
            left join device_patch_totals t on t.device_id = v.device_id
            """,
            new Rows()
                .Uuid("device_id", [.. reports.Select(r => r.Device.Value)])
                .Int("source", [.. reports.Select(r => (int)r.Source)]))).ToDictionary(d => d.Id);
}

/// <summary>Who reports.</summary>
internal sealed class ReportingDevice
{
    public Guid Id { get; init; }

    public Guid OrgId { get; init; }

    public string OsType { get; init; } = "";

    public long? DecommissionedAt { get; init; }

    /// <summary>Of the last complete report of the source, while it still holds.</summary>
    public string? Digest { get; init; }

    /// <summary>Of the device's rows; null when it never reported.</summary>
    public long? Version { get; init; }

    public int OsBit => OsBits.Of(OsType);
}
