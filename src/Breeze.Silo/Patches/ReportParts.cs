using System.Data.Common;
using System.Text;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>What a part of a scan led to.</summary>
/// <param name="IsTaken">The scan was taken before: this is a repeat.</param>
/// <param name="WholeOf">All parts are there now, of a device of this organization; null: some are to come.</param>
/// <param name="IsTooMuch">The organization has as much of unfinished scans here as it may: nothing was kept, begin again later.</param>
/// <param name="Refused">Why the scan cannot be taken; null when it may still be.</param>
internal sealed record StagedPart(bool IsTaken = false, OrgId? WholeOf = null, bool IsTooMuch = false, string? Refused = null);

/// <summary>Parts of scans that are not whole yet, in the database: the next part may come to another silo.</summary>
/// <remarks>
/// One scan a device and source: a newer one takes the older one's place. What is never finished is swept after a day. A scan is bounded by
/// its parts and their frames; an organization's scans together are bounded here, so that its devices cannot fill the disk for everybody.
/// </remarks>
internal sealed class ReportParts(IDatabase database, TimeProvider clock)
{
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>Beyond this an organization's devices begin no further scan; what is begun goes on up to four times as much.</summary>
    internal const long BytesOfOrg = 256 << 20;
    private const long MostBytesOfOrg = 4 * BytesOfOrg;

    // Never counted as less: so the rows are bounded as well, and with them what it costs to add them up. A first part has others to follow.
    private const int LeastBytes = 16 << 10;
    private const int LeastBytesOfFirst = 256 << 10;

    public Task<StagedPart> Add(DeviceId device, PatchSource source, ReportPatches message) => database.Write(async tx =>
    {
        var body = JsonSerializer.Serialize(message, AgentJson.Default.ReportPatches);
        var args = new
        {
            device = device.Value,
            source = (int)source,
            scan = message.ScanId!.Value,
            part = message.Part!.Value,
            bytes = Math.Max(Encoding.UTF8.GetByteCount(body), message.Part == 1 ? LeastBytesOfFirst : LeastBytes),
            body,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var connection = tx.Connection!;
        if (await connection.QuerySingleOrDefaultAsync<OrgId?>("select d.org_id from devices d where d.id = @device", args, tx) is not { } org)
        {
            return new(Refused: "The device is not in service.");
        }

        if (await connection.ExecuteScalarAsync<int?>(
            "select 1 from device_scans where device_id = @device and source = @source and scan_id = @scan", args, tx) == 1)
        {
            return new(IsTaken: true);
        }

        await connection.ExecuteAsync(
            "delete from patch_report_parts where device_id = @device and source = @source and (scan_id <> @scan or part = @part)", args, tx);
        var kept = await connection.ExecuteScalarAsync<long>("select coalesce(sum(p.bytes), 0) from patch_report_parts p where p.org_id = @org", new { org }, tx);
        if (kept + args.bytes > (args.part == 1 ? BytesOfOrg : MostBytesOfOrg))
        {
            return args.part == 1 ? new(IsTooMuch: true) : new(Refused: "The organization's devices have too much of unfinished reports here.");
        }

        // Twice at once from one device: the later one's part stands.
        var withOrg = new DynamicParameters(args);
        withOrg.Add("org", org.Value);
        await connection.ExecuteAsync(
            """
            insert into patch_report_parts (device_id, source, scan_id, part, org_id, bytes, body, received_at)
            values (@device, @source, @scan, @part, @org, @bytes, @body, @now)
            on conflict (device_id, source, part) do update set
              scan_id = excluded.scan_id, bytes = excluded.bytes, body = excluded.body, received_at = excluded.received_at
            """,
            withOrg,
            tx);
        return message.Last == true ? await Judge(tx, org, args.part, args) : new StagedPart();
    });

    /// <summary>The parts of a scan, in order.</summary>
    public async Task<IReadOnlyList<ReportPatches>> Read(DeviceId device, PatchSource source, Guid scan)
    {
        var bodies = await database.Read(c => c.QueryAsync<string>(
            "select p.body from patch_report_parts p where p.device_id = @device and p.source = @source and p.scan_id = @scan order by p.part",
            new { device, source = (int)source, scan }));
        return [.. bodies.Select(body => JsonSerializer.Deserialize(body, AgentJson.Default.ReportPatches)!)];
    }

    /// <summary>Forgets a scan that was refused.</summary>
    public Task Forget(DeviceId device, PatchSource source, Guid scan) => database.Write(tx => tx.Connection!.ExecuteAsync(
        "delete from patch_report_parts where device_id = @device and source = @source and scan_id = @scan",
        new { device, source = (int)source, scan },
        tx));

    /// <summary>Forgets parts whose scan was never finished.</summary>
    public Task Sweep() => database.Write(tx => tx.Connection!.ExecuteAsync(
        "delete from patch_report_parts where received_at < @before",
        new { before = (clock.GetUtcNow() - KeptFor).ToUnixTimeMilliseconds() },
        tx));

    private static async Task<StagedPart> Judge(DbTransaction tx, OrgId org, int last, object args)
    {
        var parts = (await tx.Connection!.QueryAsync<int>(
            "select p.part from patch_report_parts p where p.device_id = @device and p.source = @source and p.scan_id = @scan order by p.part", args, tx)).AsList();
        return parts.Count == last && parts[^1] == last
            ? new(WholeOf: org)
            : new(Refused: $"Part {last} came last, but not every part before it.");
    }
}
