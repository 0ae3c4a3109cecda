using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>A private PostgreSQL of this test run, from the installed binaries: started when first asked for, gone with the process.</summary>
public sealed class PostgresServer
{
    private static readonly string? Binaries = FindBinaries();
    private static readonly Lazy<Task<PostgresServer>> Started = new(() => Start(durable: false));

    private readonly string _directory;
    private readonly int _port;
    private readonly string _options;
    private readonly string _address;
    private readonly Lock _lock = new();
    private Task<string>? _template;
    private int _databases;

    private PostgresServer(string directory, int port, bool durable, string? address)
    {
        _directory = directory;
        _port = port;
        _address = address ?? "127.0.0.1";
        _options = $"-p {port} -k '{directory}' -c listen_addresses=127.0.0.1{(address is null ? "" : "," + address)} -c max_connections=300 -c shared_buffers=64MB"
            + (durable ? "" : " -c fsync=off");
    }

    /// <summary>Why there can be none here; null when there can. Tests that need one are skipped with it.</summary>
    public static string? Missing { get; } = FindBinaries() is null
        ? "No PostgreSQL server binaries under /usr/lib/postgresql/*/bin or in the PATH."
        : Environment.IsPrivilegedProcess && RunAs() is null
            ? "PostgreSQL does not run as root, and there is no user 'postgres' to run it as."
            : null;

    /// <summary>The run's shared one. It does not sync to disk: nothing of it outlives the run.</summary>
    public static Task<PostgresServer> Get() => Started.Value;

    /// <summary>One of the caller's own, to be stopped and started; a durable one keeps what it committed.</summary>
    /// <param name="directory">Where it lives, which is made the server's own; null for a new temporary directory.</param>
    /// <param name="address">Where it serves besides 127.0.0.1, and lets in everybody of the same network.</param>
    public static async Task<PostgresServer> Start(bool durable, string? directory = null, string? address = null)
    {
        var server = new PostgresServer(directory ?? Directory.CreateTempSubdirectory("breeze-pg-").FullName, FreePort(), durable, address);
        if (Environment.IsPrivilegedProcess)
        {
            await Run("chown", "-R", "postgres", server._directory);
        }

        // The shell watches this process, so that a killed test run leaves no server behind.
        server.Shell($"""
            set -e
            '{Binaries}/initdb' -D '{server._directory}/db' -U postgres --auth=trust -E UTF8 --locale=C --no-sync >'{server._directory}/initdb.log' 2>&1
            {(address is null ? "" : $"echo 'host all all samenet trust' >>'{server._directory}/db/pg_hba.conf'")}
            {server.StartCommand()}
            while ps -p {Environment.ProcessId} >/dev/null; do sleep 1; done
            '{Binaries}/pg_ctl' -D '{server._directory}/db' -m immediate stop >/dev/null 2>&1 || true
            cd / && rm -rf '{server._directory}'
            """);
        await server.WaitUntilUp();
        return server;
    }

    /// <summary>A new database with the whole schema, copied from one that <paramref name="migrate"/> filled once.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> NewDatabase(Func<string, Task> migrate)
    {
        Task<string> template;
        lock (_lock)
        {
            // Several collections begin at once.
            template = _template ??= Template(migrate);
        }

        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await Execute($"create database {name} template {await template}");
        return ConnectionString(name);
    }

    /// <summary>A new database without any table. Returns its connection string.</summary>
    public async Task<string> EmptyDatabase()
    {
        var name = $"empty_{Interlocked.Increment(ref _databases)}";
        await Execute($"create database {name}");
        return ConnectionString(name);
    }

    /// <summary>The same with its tables in this directory, which is made the server's own.</summary>
    public async Task<string> EmptyDatabase(string directory)
    {
        var name = $"elsewhere_{Interlocked.Increment(ref _databases)}";
        if (RunAs() is not null)
        {
            await Run("chown", "postgres", directory);
        }

        await Execute($"create tablespace {name} location '{directory}'");
        await Execute($"create database {name} tablespace {name}");
        return ConnectionString(name);
    }

    /// <summary>Ends it at once, as a crash does: no checkpoint, recovery at the next start.</summary>
    public async Task StopImmediately()
    {
        using var shell = Shell($"'{Binaries}/pg_ctl' -D '{_directory}/db' -m immediate stop >/dev/null");
        await shell.WaitForExitAsync();
    }

    /// <summary>Starts it again on the same data and port.</summary>
    public async Task StartAgain()
    {
        using var shell = Shell(StartCommand());
        await shell.WaitForExitAsync();
        await WaitUntilUp();
    }

    private async Task<string> Template(Func<string, Task> migrate)
    {
        await Execute("create database template_breeze");
        await migrate(ConnectionString("template_breeze") + ";Pooling=false");
        return "template_breeze";
    }

    private string StartCommand() =>
        $"'{Binaries}/pg_ctl' -D '{_directory}/db' -l '{_directory}/server.log' -w start -o \"{_options}\" >/dev/null 2>&1";

    private Process Shell(string script)
    {
        var shell = RunAs() is { } command ? new ProcessStartInfo(command[0], [.. command[1..], "sh", "-c", script]) : new("sh", ["-c", script]);
        shell.WorkingDirectory = _directory;
        return Process.Start(shell)!;
    }

    private async Task WaitUntilUp()
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
                throw new InvalidOperationException($"The private PostgreSQL did not come up within 30 s; see {_directory}/*.log.", e);
            }
        }
    }

    private string ConnectionString(string database) => $"Host={_address};Port={_port};Username=postgres;Database={database}";

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
