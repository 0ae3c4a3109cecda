using System.Diagnostics;
using System.Globalization;
using Breeze.Fleet;

namespace Breeze.Bench;

/// <summary>Thousands of agents over real SignalR connections, in a process of their own.</summary>
public static class SocketFleet
{
    /// <returns>Devices a second from start to the last record, and bytes of the silo's live memory for each idle connection.</returns>
    public static async Task<(double DevicesPerSecond, double BytesPerAgent)> Rollout(BenchSilo silo, int devices)
    {
        var org = (await silo.Post("/api/v1/organizations", new { name = "Sockets" })).GetProperty("data").GetProperty("id").GetGuid();
        var site = (await silo.Post("/api/v1/sites", new { orgId = org, name = "Site", timeZone = "UTC" })).GetProperty("data").GetProperty("id").GetGuid();
        var script = (await silo.Post("/api/v1/scripts", new
        {
            orgId = org,
            name = "Script",
            language = "bash",
            content = "echo done",
            parameters = Array.Empty<object>(),
            timeoutSeconds = 3600,
        })).GetProperty("data").GetProperty("id").GetGuid();
        var key = (await silo.Post("/api/v1/enrollment-keys", new { siteId = site, name = "Bench" })).GetProperty("data").GetProperty("key").GetString();

        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var fleet = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                typeof(SimulatedFleet).Assembly.Location, "--server", silo.Http.BaseAddress!.ToString(), "--key", key!,
                "--devices", devices.ToString(CultureInfo.InvariantCulture), "--success-rate", "1", "--duration", "0ms", "--no-verify",
            },
            RedirectStandardOutput = true,
        })!;
        try
        {
            _ = fleet.StandardOutput.ReadToEndAsync();
            await Until(async () => (await silo.Get($"/api/v1/devices?orgId={org}&status=online&limit=1")).GetProperty("pagination").GetProperty("total").GetInt64() >= devices);
            var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)devices;
            var created = await silo.Post("/api/v1/deployments", new
            {
                orgId = org,
                name = "Sockets",
                type = "script",
                payload = new { scriptId = script },
                targetType = "all",
                rolloutConfig = new { type = "immediate" },
            });
            var id = created.GetProperty("data").GetProperty("id").GetGuid();
            await silo.Post($"/api/v1/deployments/{id}/initialize");
            var started = Stopwatch.GetTimestamp();
            await silo.Post($"/api/v1/deployments/{id}/start");
            await Until(async () => (await silo.Get($"/api/v1/deployments/{id}")).GetProperty("data").GetProperty("status").GetString() is "completed" or "failed");
            return (devices / Stopwatch.GetElapsedTime(started).TotalSeconds, bytes);
        }
        finally
        {
            fleet.Kill(entireProcessTree: true);
            await fleet.WaitForExitAsync();
        }
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        var deadline = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(deadline) > TimeSpan.FromMinutes(10))
            {
                throw new TimeoutException("The fleet did not get there within ten minutes.");
            }

            await Task.Delay(200);
        }
    }
}
