using System.Diagnostics;
using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Deployments;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Breeze.Silo.Tests.Fixture;
using Npgsql;
using Xunit.Abstractions;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>A backup, restored as docs/operations.md says, with devices that have seen more than it knows.</summary>
public sealed class RestoreTests(ITestOutputHelper output) : IDisposable
{
    private const int Devices = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-restore-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PostgresFact]
    public async Task A_restored_installation_takes_its_devices_back_and_its_deployment_goes_on()
    {
        var server = await PostgresServer.Get();
        var address = new Uri($"http://127.0.0.1:{SiloProcess.FreePort()}/");
        var (first, second) = (await server.EmptyDatabase(), await server.EmptyDatabase());
        await using var lost = Silo("lost", address, first);
        await lost.Start();
        using var client = BreezeClient.Connect(address, await lost.AdminKey());
        var tenant = await TestTenant.Create(client);
        await using var fleet = await SimulatedFleet.Start(new FleetOptions
        {
            Server = address,
            Devices = Devices,
            EnrollmentKey = tenant.EnrollmentKey,
            Behaviour = new FleetBehaviour { Seed = 5, ShortestRun = TimeSpan.FromSeconds(0.5), LongestRun = TimeSpan.FromSeconds(1.5) },
        });
        await tenant.Online(Devices);
        var deployment = await tenant.Initialize("echo rollout", Batches);
        await client.Deployments.Start(deployment);
        await tenant.Until(deployment, now => now.Progress is { CurrentBatch: 1, Running: > 0 }, "in its first batch", Patience);

        await Run("pg_dump", first, "--format=custom", $"--file={Backup}");
        // From here on everything is forgotten by the server, not by its devices: newer connections, later sequences, more commands.
        await tenant.Ended(deployment, Patience);
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Devices).Select(fleet.Disconnect));
            Enumerable.Range(0, Devices).ToList().ForEach(fleet.Connect);
            await fleet.WaitUntilConnected();
        }

        var forgotten = await tenant.Initialize("echo forgotten");
        await client.Deployments.Start(forgotten);
        Assert.Equal(Devices, (await tenant.Ended(forgotten, Patience)).Progress!.Completed);
        await lost.Kill();

        await Run("pg_restore", second, "--no-owner", "--exit-on-error", "--single-transaction", Backup);
        var known = await Commands(second);
        var clock = Stopwatch.StartNew();
        await using var restored = Silo("restored", address, second);
        await restored.Start();
        output.WriteLine($"Ready {clock.Elapsed.TotalSeconds:0.0} s after the start.");
        // 15 s by the settings, 16 s on a quiet machine; twice that is a busy one.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(90), $"The dead silo in the backup held up the start: {clock.Elapsed}.");
        await tenant.Online(Devices);
        output.WriteLine($"All devices online {clock.Elapsed.TotalSeconds:0.0} s after the start.");

        var ended = await tenant.Ended(deployment, Patience);
        output.WriteLine($"The deployment ended {clock.Elapsed.TotalSeconds:0.0} s after the start.");
        Assert.Equal((DeploymentStatus.Completed, Devices), (ended.Status, ended.Progress!.Completed));
        Assert.Empty(fleet.Journal.RanTwice);
        Assert.NotEmpty(known);
        Assert.All(known, command => Assert.Equal(1, fleet.Journal.Runs[command]));
        Assert.Equal(404, (await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Get(forgotten))).Status);

        var next = await tenant.Initialize("echo next");
        await client.Deployments.Start(next);
        Assert.Equal(Devices, (await tenant.Ended(next, Patience)).Progress!.Completed);
        Assert.True((await client.AuditLogs.Verify()).Valid);
    }

    private static RolloutConfig Batches => new()
    {
        Type = "staggered",
        Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement("50%") },
    };

    private string Backup => Path.Combine(_folder, "breeze.dump");

    // The keys that sign commands are the installation's; they are no part of the database.
    private SiloProcess Silo(string name, Uri address, string database) => SiloProcess.Of(
        Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, address, [], null,
        "--storage:engine", "postgres", "--storage:connectionString", database, "--storage:allowUnsafeDurability", "true",
        "--agents:commandKeyFile", Path.Combine(_folder, "command-keys.json"));

    private static async Task Run(string program, string database, params string[] arguments)
    {
        var to = new NpgsqlConnectionStringBuilder(database);
        using var process = Process.Start(new ProcessStartInfo(
            program, [$"--host={to.Host}", $"--port={to.Port}", $"--username={to.Username}", $"--dbname={to.Database}", .. arguments])
        { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {error}");
    }

    private static async Task<IReadOnlyList<Guid>> Commands(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        return [.. await Dapper.SqlMapper.QueryAsync<Guid>(connection, "select id from device_commands")];
    }
}
