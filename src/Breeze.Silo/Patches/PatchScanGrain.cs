using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Orleans.GrainDirectory;
using Orleans.Placement;

namespace Breeze.Silo.Patches;

/// <summary>Told how a device's scans go (the grain's key is the device). It keeps why a source could not be scanned.</summary>
[Alias("breeze.IPatchScanGrain")]
public interface IPatchScanGrain : IGrainWithGuidKey, ICommandOrigin;

/// <inheritdoc cref="IPatchScanGrain"/>
[GrainType("patch-scan"), PreferLocalPlacement, GrainDirectory(NoGrainDirectory.Name)]
internal sealed class PatchScanGrain(ScanResultStore results) : Grain, IPatchScanGrain
{
    public Task<bool> CommandAccepted(CommandId id, int attempt) => results.Accepted(id);

    public Task CommandEnded(CommandEnd end) => results.Ended(end);

    public Task CommandProgressed(CommandId id, CommandPhase phase) => Task.CompletedTask;
}

/// <summary>Group commit of the scans' ends: the ledger's step, and what the device says of each source.</summary>
/// <remarks>What the scan found comes by reports of its own; a source that could not be scanned leaves its rows alone.</remarks>
public sealed class ScanResultStore : IAsyncDisposable
{
    private const int LongestError = 1000;

    private readonly TimeProvider _clock;
    private readonly GroupCommit<CommandId, bool> _accepted;
    private readonly GroupCommit<CommandEnd, bool> _ended;

    public ScanResultStore(IDatabase database, TimeProvider clock)
    {
        _clock = clock;
        _accepted = new("patch_scans_accepted", database, Accept, new() { CountsAsBacklog = true });
        _ended = new("patch_scans", database, End, new() { CountsAsBacklog = true });
    }

    public Task<bool> Accepted(CommandId id) => _accepted.Commit(id);

    public Task Ended(CommandEnd end) => _ended.Commit(end);

    public async ValueTask DisposeAsync()
    {
        await _accepted.DisposeAsync();
        await _ended.DisposeAsync();
    }

    private async Task<IReadOnlyList<bool>> Accept(DbTransaction tx, IReadOnlyList<CommandId> ids)
    {
        await CommandLedger.Accept(tx, ids, _clock.GetUtcNow());
        var running = (await CommandLedger.Running(tx, ids)).ToHashSet();
        return [.. ids.Select(i => running.Contains(i.Value))];
    }

    private async Task<IReadOnlyList<bool>> End(DbTransaction tx, IReadOnlyList<CommandEnd> ends)
    {
        var now = _clock.GetUtcNow();
        var done = (await CommandLedger.Finish(tx, ends, now)).ToHashSet();
        var failed = ends.Where(e => done.Contains(e.Id.Value)).SelectMany(e => Failures(e).Select(f => (Device: e.DeviceId.Value, f.Source, f.Error)))
            .GroupBy(f => (f.Device, f.Source)).Select(g => g.Last()).OrderBy(f => f.Device).ToList();
        await tx.ExecuteRows(
            """
            insert into device_scans (device_id, source, reported_at, error) select v.device_id, v.source, @now, v.error from ({rows}) v where true
            on conflict (device_id, source) do update set error = excluded.error
            """,
            new Rows()
                .Uuid("device_id", [.. failed.Select(f => f.Device)])
                .Int("source", [.. failed.Select(f => f.Source)])
                .Text("error", [.. failed.Select(f => f.Error)]),
            new { now = now.ToUnixTimeMilliseconds() });
        return [.. ends.Select(e => done.Contains(e.Id.Value))];
    }

    private static IEnumerable<(int Source, string? Error)> Failures(CommandEnd end)
    {
        ScanResults? results = null;
        try
        {
            results = end.Data is null ? null : JsonSerializer.Deserialize(end.Data, AgentJson.Default.ScanResults);
        }
        catch (JsonException)
        {
            // A device may put anything there; then nothing is known about its sources.
        }

        foreach (var scan in results?.Sources ?? [])
        {
            if (scan is { Error.Length: > 0 } && PatchReportReader.Source(scan.Source) is { } source)
            {
                yield return ((int)source, AgentText.Bounded(scan.Error, LongestError));
            }
        }
    }
}
