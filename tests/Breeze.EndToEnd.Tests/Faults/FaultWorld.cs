using System.Diagnostics;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.Contracts.Fleet;
using Breeze.Contracts.Policies;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Survival;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Npgsql;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>Three silos, their load balancer, a PostgreSQL on a disk that can be filled, and a tenant. Silos that end are started again, as a service manager does.</summary>
public sealed class FaultWorld : IAsyncDisposable
{
    public const int Silos = 3;
    private const int DiskMegabytes = 4_000;

    private readonly CancellationTokenSource _end = new();
    private readonly DateTimeOffset[] _notBefore = new DateTimeOffset[Silos];
    private readonly string _connection;
    private Task _supervision = Task.CompletedTask;

    private FaultWorld(string folder, ClusterNetwork? network, SmallDisk? disk, PostgresServer database, string connection, ClusterProcesses cluster) =>
        (Folder, Network, Disk, Database, _connection, Cluster) = (folder, network, disk, database, connection, cluster);

    public string Folder { get; }

    /// <summary>Null where the machine has no networks to cut.</summary>
    public ClusterNetwork? Network { get; }

    /// <summary>Under the database; null where none can be mounted.</summary>
    public SmallDisk? Disk { get; }

    public PostgresServer Database { get; }

    public ClusterProcesses Cluster { get; }

    public BreezeClient Client => Cluster.Client;

    public Guid OrgId { get; private set; }

    public Guid PolicyId { get; private set; }

    public string EnrollmentKey { get; private set; } = "";

    /// <summary>How many silos were started again.</summary>
    public int Restarts { get; private set; }

    public static async Task<FaultWorld> Start()
    {
        var folder = Directory.CreateTempSubdirectory("breeze-faults-").FullName;
        var network = ClusterNetwork.Missing is null ? ClusterNetwork.Create(Silos) : null;
        var disk = SmallDisk.Missing is null ? SmallDisk.Mount(Path.Combine(folder, "disk"), DiskMegabytes) : null;
        // Its own folder on the disk, for the server makes it its own.
        var data = disk is null ? null : Directory.CreateDirectory(Path.Combine(disk.Path, "pg")).FullName;
        if (data is not null && !OperatingSystem.IsWindows())
        {
            // The server's own user has to reach it.
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        }

        var database = await PostgresServer.Start(durable: true, data, network?.Database);
        var connection = await database.EmptyDatabase();
        var cluster = await ClusterProcesses.Start(folder, connection, Silos, network);
        var world = new FaultWorld(folder, network, disk, database, connection, cluster);
        await world.MakeTenant();
        world._supervision = world.Supervise();
        return world;
    }

    /// <summary>Asks the tables themselves, past the product; waits for a database that is away.</summary>
    public async Task<T> Ask<T>(Func<NpgsqlConnection, Task<T>> question)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(_connection + ";Pooling=false;Timeout=5;Command Timeout=120");
                await connection.OpenAsync();
                return await question(connection);
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromMinutes(3))
            {
                await Task.Delay(200);
            }
        }
    }

    public Task<long> Count(string sql, object? arguments = null) => Ask(connection => connection.ExecuteScalarAsync<long>(sql, arguments));

    /// <summary>kill -9, and no new start before the time is over.</summary>
    /// <param name="silo">From 1.</param>
    public async Task Kill(int silo, TimeSpan away)
    {
        _notBefore[silo - 1] = TimeProvider.System.GetUtcNow() + away;
        await Cluster.Silos[silo - 1].Kill();
    }

    /// <summary>Returns once every silo can do work.</summary>
    public Task Healthy(TimeSpan within) => Rollouts.TestTenant.Until(
        async () =>
        {
            var ready = await Task.WhenAll(Cluster.Silos.Select(silo => silo.HasExited ? Task.FromResult(false) : silo.IsReady()));
            return ready.All(is_ready => is_ready) ? null : $"only {ready.Count(r => r)} of {Silos} silos are ready";
        },
        within);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _supervision;
        await Cluster.DisposeAsync();
        await Database.StopImmediately();
        Network?.Dispose();
        Disk?.Dispose();
        Directory.Delete(Folder, recursive: true);
        _end.Dispose();
    }

    private async Task MakeTenant()
    {
        var org = await Client.Organizations.Create(new CreateOrganization("Customer"));
        var site = await Client.Sites.Create(new SiteBody { OrgId = org.Id, Name = "Site", TimeZone = "UTC" });
        EnrollmentKey = (await Client.EnrollmentKeys.Create(new EnrollmentKeyBody { SiteId = site.Id, Name = "faults" })).Key!;
        var policy = await Client.Policies.Create(new ConfigurationPolicyBody { OrgId = org.Id, Name = "Patching" });
        await Client.Policies.SetFeature(policy.Id, new PolicyFeatureBody
        {
            FeatureType = "patch",
            InlineSettings = new PatchSettingsBody { AutoApprove = true, AutoApproveSeverities = ["critical", "important", "moderate", "low"] },
        });
        await Client.Policies.Assign(policy.Id, new PolicyAssignmentBody { Level = PolicyLevel.Organization, TargetId = org.Id });
        (OrgId, PolicyId) = (org.Id, policy.Id);
    }

    private async Task Supervise()
    {
        while (!_end.IsCancellationRequested)
        {
            for (var silo = 0; silo < Silos; silo++)
            {
                if (Cluster.Silos[silo].HasExited && TimeProvider.System.GetUtcNow() >= _notBefore[silo])
                {
                    Restarts++;
                    Cluster.Silos[silo].Launch();
                }
            }

            await Task.Delay(250);
        }
    }
}
