using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>What a part of a scan led to.</summary>
/// <param name="IsTaken">The scan was taken before: this is a repeat.</param>
/// <param name="Whole">All parts, once the last one is there; null while some are to come.</param>
/// <param name="Refused">Why the scan cannot be taken; null when it may still be.</param>
internal sealed record StagedPart(bool IsTaken = false, IReadOnlyList<ReportPatches>? Whole = null, string? Refused = null);

/// <summary>Parts of scans that are not whole yet, in the database: the next part may come to another silo.</summary>
/// <remarks>One scan a device and source: a newer one takes the older one's place. What is never finished is swept after a day.</remarks>
internal sealed class ReportParts(IDatabase database, TimeProvider clock)
{
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    public Task<StagedPart> Add(DeviceId device, PatchSource source, ReportPatches message) => database.Write(async tx =>
    {
        var connection = tx.Connection!;
        var args = new
        {
            device = device.Value,
            source = (int)source,
            scan = message.ScanId!.Value,
            part = message.Part!.Value,
            body = JsonSerializer.Serialize(message, AgentJson.Default.ReportPatches),
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        if (await connection.ExecuteScalarAsync<int?>(
            "select 1 from device_scans where device_id = @device and source = @source and scan_id = @scan", args, tx) == 1)
        {
            return new(IsTaken: true);
        }

        await connection.ExecuteAsync(
            "delete from patch_report_parts where device_id = @device and source = @source and scan_id <> @scan", args, tx);
        await connection.ExecuteAsync(
            """
            insert into patch_report_parts (device_id, source, scan_id, part, body, received_at)
            values (@device, @source, @scan, @part, @body, @now)
            on conflict (device_id, source, part) do update set scan_id = excluded.scan_id, body = excluded.body, received_at = excluded.received_at
            """,
            args,
            tx);
        return message.Last == true ? await Whole(tx, message.Part.Value, args) : new StagedPart();
    });

    /// <summary>Forgets parts whose scan was never finished.</summary>
    public Task Sweep() => database.Write(tx => tx.Connection!.ExecuteAsync(
        "delete from patch_report_parts where received_at < @before",
        new { before = (clock.GetUtcNow() - KeptFor).ToUnixTimeMilliseconds() },
        tx));

    private static async Task<StagedPart> Whole(DbTransaction tx, int last, object args)
    {
        var bodies = (await tx.Connection!.QueryAsync<PartRow>(
            "select part, body from patch_report_parts where device_id = @device and source = @source and scan_id = @scan order by part", args, tx)).AsList();
        return bodies.Count == last && bodies[^1].Part == last
            ? new(Whole: [.. bodies.Select(b => JsonSerializer.Deserialize(b.Body, AgentJson.Default.ReportPatches)!)])
            : new(Refused: $"Part {last} came last, but not every part before it.");
    }

    private sealed class PartRow
    {
        public int Part { get; init; }

        public string Body { get; init; } = "";
    }
}
