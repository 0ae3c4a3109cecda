using System.Diagnostics;
using System.Globalization;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.Contracts.Fleet;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Npgsql;

namespace Breeze.Bench.Cluster;

/// <summary>
/// Silos as processes on one PostgreSQL that syncs to disk, and simulated agents in processes of their own. Silos come and go; the
/// database and the agents' credentials stay.
/// </summary>
public sealed class BenchCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-bench-").FullName;
    private readonly string _databaseFolder = Directory.CreateTempSubdirectory("breeze-pg-").FullName;
    private readonly List<LoadBalancer> _fronts = [];
    private readonly List<BuiltProgram> _fleets = [];
    private readonly List<(Guid Org, string Key)> _tenants = [];
    private PostgresServer _database = null!;
    private string _connection = "";
    private ClusterProcesses? _silos;

    public IReadOnlyList<SiloProcess> Silos => _silos!.Silos;

    public BreezeClient Client => _silos!.Client;

    /// <summary>One for each fleet.</summary>
    public IReadOnlyList<Guid> Organizations => [.. _tenants.Select(tenant => tenant.Org)];

    /// <summary>Agents of each fleet that was started last.</summary>
    public int Agents { get; private set; }

    private IEnumerable<int> SiloIds => Silos.Select(silo => silo.Id);

    public static async Task<BenchCluster> Start()
    {
        var cluster = new BenchCluster();
        cluster._database = await PostgresServer.Start(durable: true, cluster._databaseFolder);
        cluster._connection = await cluster._database.EmptyDatabase();
        return cluster;
    }

    /// <summary>Starts so many silos on the database, and a load balancer over all of them for each fleet: one holds half as many agents as it may open files.</summary>
    public async Task Open(int silos, int fleets)
    {
        _silos = await ClusterProcesses.Start(_folder, _connection, silos, null, "--logging:level", "Warning");
        for (var fleet = 0; fleet < fleets; fleet++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, $"front{fleet}")).FullName;
            _fronts.Add(await LoadBalancer.Start(folder, Silos.Select(silo => silo.Address)));
            if (_tenants.Count == fleet)
            {
                _tenants.Add(await MakeTenant(fleet));
            }
        }
    }

    /// <summary>Starts a process of agents before each load balancer; returns once all are online.</summary>
    /// <returns>How long that took, in seconds.</returns>
    public async Task<double> Connect(int agents)
    {
        Agents = agents;
        var clock = Stopwatch.StartNew();
        for (var fleet = 0; fleet < _fronts.Count; fleet++)
        {
            _fleets.Add(BuiltProgram.Start(
                "Breeze.Fleet",
                Path.Combine(_folder, $"fleet{fleet}.log"),
                [
                    "--server", _fronts[fleet].Address.ToString(), "--key", _tenants[fleet].Key, "--quiet", "--no-verify",
                    "--devices", agents.ToString(CultureInfo.InvariantCulture), "--prefix", $"fleet{fleet}",
                    "--credentials", Path.Combine(_folder, $"fleet{fleet}.credentials"),
                    "--connect-at-once", agents.ToString(CultureInfo.InvariantCulture), "--duration", "0ms",
                ]));
        }

        await Online(_fleets.Count * agents, 0, clock);
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Ends agents and silos in good order; the database stays.</summary>
    public async Task Close()
    {
        foreach (var fleet in _fleets)
        {
            await fleet.DisposeAsync();
        }

        foreach (var front in _fronts)
        {
            await front.DisposeAsync();
        }

        await Task.WhenAll(Silos.Where(silo => !silo.HasExited).Select(silo => silo.Stop()));
        await _silos!.DisposeAsync();
        _fleets.Clear();
        _fronts.Clear();
        _silos = null;
    }

    /// <summary>Returns once so many agents are online that have connected since then. Seconds until half, 90 % and all of them were.</summary>
    public async Task<(double Half, double Most, double All)> Online(long agents, long since, Stopwatch clock)
    {
        var (half, most) = (0.0, 0.0);
        while (clock.Elapsed < TimeSpan.FromMinutes(10))
        {
            var online = await Ask<long>(
                """
                select count(*) from devices d where d.disconnected_at is null and d.connected_at >= @since and exists (
                  select 1 from silo_leases l where l.silo_id = d.silo_id and l.ended_at is null and l.lease_until > @now)
                """,
                new { since });
            var now = clock.Elapsed.TotalSeconds;
            half = half == 0 && online >= agents / 2 ? now : half;
            most = most == 0 && online >= agents * 0.9 ? now : most;
            if (online >= agents)
            {
                return (half, most, now);
            }

            await Task.Delay(250);
        }

        throw new TimeoutException($"{agents:N0} agents were not online within ten minutes.");
    }

    /// <summary>How many agents a silo holds.</summary>
    /// <param name="silo">From 1.</param>
    public Task<long> Held(int silo) => Ask<long>(
        "select count(*) from devices d join silo_leases l on l.silo_id = d.silo_id where d.disconnected_at is null and l.ended_at is null and l.home like @home",
        new { home = $"%/{silo}/silo" });

    /// <summary>Asks the tables themselves, past the product; <c>@now</c> is the time.</summary>
    public async Task<T> Ask<T>(string sql, object? arguments = null)
    {
        await using var connection = new NpgsqlConnection(_connection);
        var parameters = new DynamicParameters(arguments);
        parameters.Add("now", Now);
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What everything so far has cost.</summary>
    public async Task<ClusterCost> Cost() => new(
        ProcessorTime.Of(SiloIds),
        ProcessorTime.OfTree(DatabaseId()),
        await Ask<long>("select xact_commit from pg_stat_database where datname = current_database()"),
        await Ask<long>("select tup_inserted + tup_updated + tup_deleted from pg_stat_database where datname = current_database()"),
        await Ask<long>("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"));

    /// <summary>Bytes of memory that the silos have resident.</summary>
    public long Memory() => ProcessorTime.Resident(SiloIds);

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null)
        {
            await Close();
        }

        NpgsqlConnection.ClearAllPools();
        await _database.StopImmediately();
        Directory.Delete(_folder, recursive: true);
    }

    private int DatabaseId() => int.Parse(File.ReadLines(Path.Combine(_databaseFolder, "db", "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private async Task<(Guid Org, string Key)> MakeTenant(int fleet)
    {
        var org = await Client.Organizations.Create(new CreateOrganization($"Fleet {fleet}"));
        var site = await Client.Sites.Create(new SiteBody { OrgId = org.Id, Name = "Site", TimeZone = "UTC" });
        return (org.Id, (await Client.EnrollmentKeys.Create(new EnrollmentKeyBody { SiteId = site.Id, Name = "bench" })).Key!);
    }
}

/// <summary>Processor seconds of the silos and of the database, and what the database did.</summary>
/// <param name="Log">Bytes of its write-ahead log.</param>
public sealed record ClusterCost(double Silos, double Database, long Transactions, long Rows, long Log)
{
    public static ClusterCost operator -(ClusterCost after, ClusterCost before) => new(
        after.Silos - before.Silos, after.Database - before.Database, after.Transactions - before.Transactions, after.Rows - before.Rows, after.Log - before.Log);
}
