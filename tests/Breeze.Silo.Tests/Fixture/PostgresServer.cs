using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Breeze.Silo.Storage;
using Npgsql;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>A private PostgreSQL of this test run, from the installed binaries: started when first asked for, gone with the process.</summary>
public sealed class PostgresServer
{
    private static readonly string? Binaries = FindBinaries();
    private static readonly Lazy<Task<PostgresServer>> Started = new(Start);

    private readonly int _port;
    private int _databases;

    private PostgresServer(int port) => _port = port;

    /// <summary>Why there can be none here; null when there can. Tests that need one are skipped with it.</summary>
    public static string? Missing { get; } = FindBinaries() is null
        ? "No PostgreSQL server binaries under /usr/lib/postgresql/*/bin or in the PATH."
        : Environment.IsPrivilegedProcess && RunAs() is null
            ? "PostgreSQL does not run as root, and there is no user 'postgres' to run it as."
            : null;

    public static Task<PostgresServer> Get() => Started.Value;

    /// <summary>A new database with the whole schema, copied from one that was migrated once. Returns its connection string.</summary>
    public async Task<string> NewDatabase()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await Execute($"create database {name} template template_breeze");
        return ConnectionString(name);
    }

    /// <summary>A new database without any table.</summary>
    public async Task<string> EmptyDatabase()
    {
        var name = $"empty_{Interlocked.Increment(ref _databases)}";
        await Execute($"create database {name}");
        return ConnectionString(name);
    }

    private static async Task<PostgresServer> Start()
    {
        var directory = Directory.CreateTempSubdirectory("breeze-pg-").FullName;
        var port = FreePort();
        // The shell watches this process, so that a killed test run leaves no server behind.
        var script = $"""
            set -e
            '{Binaries}/initdb' -D '{directory}/db' -U postgres --auth=trust -E UTF8 --locale=C --no-sync >'{directory}/initdb.log' 2>&1
            '{Binaries}/pg_ctl' -D '{directory}/db' -l '{directory}/server.log' -w start >/dev/null \
              -o "-p {port} -k '{directory}' -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off -c shared_buffers=64MB"
            while ps -p {Environment.ProcessId} >/dev/null; do sleep 1; done
            '{Binaries}/pg_ctl' -D '{directory}/db' -m immediate stop >/dev/null
            rm -rf '{directory}/db'
            """;
        if (Environment.IsPrivilegedProcess)
        {
            await Run("chown", "-R", "postgres", directory);
        }

        var shell = RunAs() is { } command ? new ProcessStartInfo(command[0], [.. command[1..], "sh", "-c", script]) : new("sh", ["-c", script]);
        shell.WorkingDirectory = directory;
        Process.Start(shell);
        var server = new PostgresServer(port);
        await server.WaitUntilUp(directory);
        await server.Execute("create database template_breeze");
        await Migrations.Postgres(server.ConnectionString("template_breeze") + ";Pooling=false");
        return server;
    }

    private async Task WaitUntilUp(string directory)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await Execute("select 1");
                return;
            }
            catch (NpgsqlException) when (attempt < 300)
            {
                await Task.Delay(100);
            }
            catch (NpgsqlException e)
            {
                throw new InvalidOperationException($"The private PostgreSQL did not come up within 30 s; see {directory}/*.log.", e);
            }
        }
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database}";

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string? FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return versions.OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0).Select(d => Path.Combine(d, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "pg_ctl")));
    }

    private static string[]? RunAs()
    {
        var known = File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal));
        return Environment.IsPrivilegedProcess && known ? ["runuser", "-u", "postgres", "--"] : null;
    }

    private static async Task Run(string file, params string[] arguments)
    {
        using var process = Process.Start(file, arguments);
        await process.WaitForExitAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
