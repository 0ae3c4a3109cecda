using System.Diagnostics;

namespace Breeze.Bench;

/// <summary>What is measured, each against a floor or another size of the same run.</summary>
public static class Scenarios
{
    /// <summary>One immediate deployment to so many connected devices, from start to the end of the last record.</summary>
    public static async Task<(double DevicesPerSecond, double ReadP50Ms, double ReadP99Ms)> Rollout(BenchSilo silo, int devices)
    {
        var fleet = await BenchFleet.Create(silo, devices);
        await fleet.Connect(devices);
        var id = await fleet.Initialized();
        var reads = new List<double>();
        var started = Stopwatch.GetTimestamp();
        await silo.Post($"/api/v1/deployments/{id}/start");
        while (true)
        {
            var asked = Stopwatch.GetTimestamp();
            var deployment = (await silo.Get($"/api/v1/deployments/{id}")).GetProperty("data");
            reads.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            if (deployment.GetProperty("status").GetString() is "completed" or "failed")
            {
                var elapsed = Stopwatch.GetElapsedTime(started);
                var completed = deployment.GetProperty("progress").GetProperty("completed").GetInt32();
                if (completed != devices)
                {
                    throw new InvalidOperationException($"{completed} of {devices} devices completed.");
                }

                await fleet.Disconnect();
                reads.Sort();
                return (devices / elapsed.TotalSeconds, reads[reads.Count / 2], reads[(int)(reads.Count * 0.99)]);
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Initialize, the first command, and both ends of the device list, at one size. Only the first 500 devices are connected.</summary>
    public static async Task<Sized> AtSize(BenchSilo silo, int devices)
    {
        const int Online = 500;
        var fleet = await BenchFleet.Create(silo, devices);
        await fleet.Connect(Math.Min(Online, devices));
        var before = Live();
        var started = Stopwatch.GetTimestamp();
        var id = await fleet.Initialized(new { type = "staggered", staggered = new { batchSize = Math.Min(devices, 1_000) } });
        var initialize = Stopwatch.GetElapsedTime(started);
        var kept = Live() - before;

        fleet.ExpectFirstCommand();
        started = Stopwatch.GetTimestamp();
        var answered = silo.Post($"/api/v1/deployments/{id}/start");
        await fleet.FirstCommand.Task;
        var first = Stopwatch.GetElapsedTime(started);
        await answered;
        await silo.Post($"/api/v1/deployments/{id}/cancel");
        var (page1, last) = await Pages(silo, id, devices);
        await fleet.Disconnect();
        return new Sized(devices, initialize, kept, first, page1, last);
    }

    /// <summary>Bytes of live memory for each connected, idle agent of this process.</summary>
    public static async Task<double> MemoryPerAgent(BenchSilo silo, int agents)
    {
        var fleet = await BenchFleet.Create(silo, agents);
        var before = Live();
        await fleet.Connect(agents);
        var bytes = (Live() - before) / (double)agents;
        await fleet.Disconnect();
        return bytes;
    }

    private static async Task<(double First, double Last)> Pages(BenchSilo silo, Guid id, int devices)
    {
        var path = $"/api/v1/deployments/{id}/devices?limit=100";

        // The cancel's rows follow in steps, first ones first: until they have, the two ends are of different tables.
        await Settled(silo, id, devices);

        // The cursor of the page before the last one: the way a client that reads to the end gets there.
        var offset = Math.Max(0, devices - 200);
        var cursor = (await silo.Get($"{path}&offset={offset}")).GetProperty("nextCursor").GetString();
        return await Medians(() => silo.Get(path), () => silo.Get($"{path}&cursor={Uri.EscapeDataString(cursor!)}"));
    }

    private static async Task Settled(BenchSilo silo, Guid id, int devices)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(5); await Task.Delay(200))
        {
            var swept = await silo.Get($"/api/v1/deployments/{id}/devices?limit=1&offset={devices - 1}");
            if (swept.GetProperty("data")[0].GetProperty("completedAt").ValueKind != System.Text.Json.JsonValueKind.Null)
            {
                return;
            }
        }
    }

    // In turn, so that whatever else the machine does happens to both.
    private static async Task<(double First, double Second)> Medians(Func<Task> one, Func<Task> other)
    {
        var (first, second) = (new List<double>(), new List<double>());
        for (var i = 0; i < 101; i++)
        {
            first.Add(await Milliseconds(one));
            second.Add(await Milliseconds(other));
        }

        return (Middle(first), Middle(second));
    }

    private static async Task<double> Milliseconds(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Middle(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private static long Live() => GC.GetTotalMemory(forceFullCollection: true);
}

/// <summary>Figures at one size.</summary>
public sealed record Sized(int Devices, TimeSpan Initialize, long BytesKept, TimeSpan FirstCommand, double FirstPageMs, double LastPageMs);
