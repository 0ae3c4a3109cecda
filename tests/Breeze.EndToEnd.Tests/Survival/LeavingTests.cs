using System.Diagnostics;
using System.Net;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>A silo comes to a cluster with the cluster's command keys, and leaves it unready first and deaf later.</summary>
public sealed class LeavingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-leave-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PostgresFact]
    public async Task A_silo_joins_with_the_clusters_keys_alone_and_answers_on_after_it_was_asked_to_stop()
    {
        var database = await (await PostgresServer.Get()).EmptyDatabase();
        string[] cluster = ["--storage:engine", "postgres", "--storage:connectionString", database, "--storage:allowUnsafeDurability", "true"];
        var keys = Path.Combine(_folder, "command-keys.json");
        await using var first = await SiloProcess.Start(_folder, [.. cluster, "--agents:commandKeyFile", keys]);

        await using (var stranger = BuiltProgram.Start("Breeze.Silo", Path.Combine(_folder, "stranger.log"),
            ["--data", Path.Combine(_folder, "stranger"), "--urls", "http://127.0.0.1:0", .. cluster]))
        {
            Assert.Equal(2, await stranger.Exit(TimeSpan.FromSeconds(60)));
            Assert.Contains("agents.commandKeyFile", Assert.Single((await stranger.Output()).Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        }

        var home = Directory.CreateDirectory(Path.Combine(_folder, "second")).FullName;
        Directory.CreateDirectory(Path.Combine(home, "silo"));
        File.Copy(Path.Combine(_folder, "silo", "admin.key"), Path.Combine(home, "silo", "admin.key"));
        await using var second = await SiloProcess.Start(home,
            [.. cluster, "--agents:commandKeyFile", keys, "--cluster:address", "localhost", "--cluster:listenAddress", "0.0.0.0", "--cluster:drainSeconds", "3"]);
        Assert.Contains("trusts whoever reaches it", await second.Log(), StringComparison.Ordinal);

        await AnswersWhileItLeaves(second, TimeSpan.FromSeconds(3));
    }

    private static async Task AnswersWhileItLeaves(SiloProcess silo, TimeSpan drain)
    {
        using var http = new HttpClient { BaseAddress = silo.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await silo.AdminKey());
        var clock = Stopwatch.StartNew();
        var stopped = silo.Stop();
        TimeSpan? unready = null, answered = null;
        while (!stopped.IsCompleted)
        {
            try
            {
                using var ready = await http.GetAsync("health/ready");
                unready ??= ready.StatusCode == HttpStatusCode.ServiceUnavailable ? clock.Elapsed : null;
                using var forHaproxy = await http.GetAsync("health/ready?stopping=404");
                Assert.True(unready is null || forHaproxy.StatusCode == HttpStatusCode.NotFound, $"A balancer that asks for 404 is told {forHaproxy.StatusCode}.");
                using var orgs = await http.GetAsync("api/v1/organizations");
                Assert.Equal(HttpStatusCode.OK, orgs.StatusCode);
                Assert.True(unready is null || orgs.Headers.ConnectionClose == true, "An answer of a silo that leaves does not end its connection.");
                answered = clock.Elapsed;
            }
            catch (HttpRequestException)
            {
                // It is deaf now.
            }

            await Task.Delay(20);
        }

        Assert.Equal(0, await stopped);
        Assert.True(unready < TimeSpan.FromSeconds(1), $"It was still ready {unready} after it was asked to stop.");
        Assert.True(answered > drain - TimeSpan.FromSeconds(0.5), $"It answered for {answered} after it was asked to stop, not for {drain}.");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"It took {clock.Elapsed} to end.");
    }
}
