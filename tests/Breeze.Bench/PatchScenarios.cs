using System.Diagnostics;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Dapper;

namespace Breeze.Bench;

/// <summary>Patches: their intake, what is decided about them, a policy's run, the live summary and a report over all of it.</summary>
public static class PatchScenarios
{
    private const int PatchesEach = 500;
    private const int AtOnce = 64;

    /// <summary>Every device reports the same 500 patches, most of them installed; then it reports them again.</summary>
    public static async Task<(double First, double Unchanged)> Intake(BenchFleet fleet, int devices)
    {
        var report = Report();
        return (await Rate(fleet, devices, report), await Rate(fleet, devices, report));
    }

    /// <summary>Milliseconds to approve 1,000 at once, of an organization whose one device is offered them.</summary>
    public static async Task<double> BulkApproval(BenchSilo silo)
    {
        var fleet = await BenchFleet.Create(silo, 1);
        await fleet.Connect(1);
        await fleet.Report(0, new ReportPatches("linux", true, [.. Enumerable.Range(0, 1_000).Select(i => Patch($"bulk-{fleet.Org:N}-{i}"))], []));
        var ids = await Ids(silo, fleet.Org);
        var started = Stopwatch.GetTimestamp();
        var answer = await silo.Post("/api/v1/patches/bulk-approve", new { orgId = fleet.Org, patchIds = ids });
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        await fleet.Disconnect();
        return answer.GetProperty("approved").GetArrayLength() == ids.Count
            ? elapsed
            : throw new InvalidOperationException($"{answer.GetProperty("approved").GetArrayLength()} of {ids.Count} were approved.");
    }

    /// <summary>A policy's run over all connected devices, from the request to the end of the last: devices a second.</summary>
    public static async Task<double> PolicyRun(BenchSilo silo, BenchFleet fleet, int devices)
    {
        foreach (var some in (await Ids(silo, fleet.Org)).Chunk(1_000))
        {
            await silo.Post("/api/v1/patches/bulk-approve", new { orgId = fleet.Org, patchIds = some });
        }

        var policy = (await silo.Post("/api/v1/configuration-policies", new { orgId = fleet.Org, name = "Bench" })).GetProperty("data").GetProperty("id").GetGuid();
        await silo.Post($"/api/v1/configuration-policies/{policy}/features", new { featureType = "patch", inlineSettings = new { rebootPolicy = "never" } });
        await silo.Post($"/api/v1/configuration-policies/{policy}/assignments", new { level = "organization", targetId = fleet.Org });
        var started = Stopwatch.GetTimestamp();
        var made = await silo.Post($"/api/v1/configuration-policies/{policy}/run");
        var job = made.GetProperty("jobs")[0].GetProperty("jobId").GetGuid();
        while (true)
        {
            var now = (await silo.Get($"/api/v1/patches/jobs/{job}")).GetProperty("data");
            if (now.GetProperty("status").GetString() is "completed" or "failed")
            {
                return now.GetProperty("devicesCompleted").GetInt32() == devices && now.GetProperty("devicesFailed").GetInt32() == 0
                    ? devices / Stopwatch.GetElapsedTime(started).TotalSeconds
                    : throw new InvalidOperationException($"The job ended as {now}.");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>The median of the live summary, which is held against a recount of the rows.</summary>
    public static async Task<(double Ms, long Rows)> Summary(BenchSilo silo, Guid org)
    {
        var times = new List<double>();
        JsonElement summary = default;
        for (var i = 0; i < 21; i++)
        {
            var started = Stopwatch.GetTimestamp();
            summary = (await silo.Get($"/api/v1/patches/compliance?orgId={org}")).GetProperty("data");
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var rows = await silo.Database.Read(c => c.ExecuteScalarAsync<long>(
            "select count(*) from device_patches where org_id = @org and status between 1 and 5", new { org }));
        if (summary.GetProperty("total").GetInt64() != rows)
        {
            throw new InvalidOperationException($"The summary counts {summary.GetProperty("total")} and there are {rows} rows.");
        }

        times.Sort();
        return (times[times.Count / 2], rows);
    }

    /// <summary>A CSV of every row: rows a second, and how much more was alive at most meanwhile.</summary>
    public static async Task<(double RowsPerSecond, double GrownMb, double FileMb)> Csv(BenchSilo silo, Guid org)
    {
        // What is alive, not what the collector has not come to yet.
        var (before, most) = (GC.GetTotalMemory(forceFullCollection: true), 0L);
        var started = Stopwatch.GetTimestamp();
        var id = (await silo.Get($"/api/v1/patches/compliance/report?orgId={org}&format=csv")).GetProperty("reportId").GetGuid();
        while (true)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            var report = (await silo.Get($"/api/v1/patches/compliance/report/{id}")).GetProperty("data");
            if (report.GetProperty("status").GetString() == "completed")
            {
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                return (report.GetProperty("rowCount").GetInt64() / seconds, most / 1_048_576.0, await Size(silo, id) / 1_048_576.0);
            }

            if (report.GetProperty("status").GetString() == "failed")
            {
                throw new InvalidOperationException($"The report failed: {report}");
            }

            await Task.Delay(1_000);
        }
    }

    private static async Task<long> Size(BenchSilo silo, Guid report)
    {
        await using var file = await silo.Http.GetStreamAsync(new Uri($"/api/v1/patches/compliance/report/{report}/download", UriKind.Relative));
        var (buffer, length) = (new byte[1 << 16], 0L);
        for (int read; (read = await file.ReadAsync(buffer)) > 0;)
        {
            length += read;
        }

        return length;
    }

    private static async Task<double> Rate(BenchFleet fleet, int devices, ReportPatches report)
    {
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, devices), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await fleet.Report(i, report));
        return devices / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<List<Guid>> Ids(BenchSilo silo, Guid org)
    {
        var ids = new List<Guid>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await silo.Get($"/api/v1/patches?orgId={org}&limit=200{(cursor.Length == 0 ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            ids.AddRange(page.GetProperty("data").EnumerateArray().Select(p => p.GetProperty("id").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        return ids;
    }

    private static ReportPatches Report() => new(
        "linux",
        true,
        [.. Enumerable.Range(0, 20).Select(i => Patch($"offered-{i}"))],
        [.. Enumerable.Range(0, PatchesEach - 20).Select(i => Patch($"installed-{i}"))]);

    private static ReportedPatch Patch(string id) => new(id, "Title of " + id, "1.1", "important", "1.0", "security", null, false, 1_000);
}
