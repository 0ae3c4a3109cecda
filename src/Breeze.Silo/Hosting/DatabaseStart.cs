using Breeze.Silo.Storage;
using Npgsql;

namespace Breeze.Silo.Hosting;

/// <summary>What must hold of the database before Orleans starts: it is there, keeps what it commits, agrees on the time, has our schema.</summary>
public static class DatabaseStart
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>Waits for the database, checks it and brings its schema up to date.</summary>
    /// <exception cref="StartRefusedException">It is not there in time, refuses us, or would lose commits.</exception>
    public static async Task Prepare(SiloSettings settings, CancellationToken cancel = default)
    {
        if (settings.Storage.Engine == EngineKind.Sqlite)
        {
            await Migrations.Sqlite(settings.ProductFile, settings.OrleansFile, cancel);
            return;
        }

        await using var source = NpgsqlDataSource.Create(Unpooled(settings.Storage));
        await using (var connection = await Wait(source, settings.Storage, cancel))
        {
            await CheckDurability(connection, settings.Storage, cancel);
            await CheckClock(connection, cancel);
        }

        await Migrations.Postgres(settings.Storage.ConnectionString!, cancel);
    }

    /// <summary>The product's database, as the settings name it.</summary>
    public static IDatabase Open(SiloSettings settings) => settings.Storage.Engine == EngineKind.Sqlite
        ? new SqliteDatabase(settings.ProductFile, Math.Min(settings.Storage.MaxConnections, 2 * Environment.ProcessorCount + 2))
        : new PostgresDatabase(settings.Storage.ConnectionString!, settings.Storage.MaxConnections);

    private static string Unpooled(StorageSettings storage)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Pooling = false, Timeout = 5 }.ToString();
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The driver's message may repeat a part of the string, and with it the password.
            throw new StartRefusedException("storage.connectionString is not a valid PostgreSQL connection string.");
        }
    }

    // A silo that meets no database gives up after seconds; whoever starts both at once wants it to wait.
    private static async Task<NpgsqlConnection> Wait(NpgsqlDataSource source, StorageSettings storage, CancellationToken cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await source.OpenConnectionAsync(cancel);
            }
            catch (PostgresException e) when (!e.IsTransient)
            {
                throw new StartRefusedException($"PostgreSQL refuses the connection of storage.connectionString: {e.MessageText}.", e)
                { ExitCode = StartRefusedException.NoDatabase };
            }
            catch (NpgsqlException e) when (TimeProvider.System.GetElapsedTime(started).TotalSeconds >= storage.StartupWaitSeconds)
            {
                throw new StartRefusedException($"PostgreSQL cannot be reached since {storage.StartupWaitSeconds} s: {e.Message}.", e)
                { ExitCode = StartRefusedException.NoDatabase };
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
            }
        }
    }

    private static async Task CheckDurability(NpgsqlConnection connection, StorageSettings storage, CancellationToken cancel)
    {
        foreach (var setting in new[] { "fsync", "full_page_writes", "synchronous_commit" })
        {
            if (!storage.AllowUnsafeDurability && (string)await Scalar(connection, $"show {setting}", cancel) == "off")
            {
                throw new StartRefusedException(
                    $"PostgreSQL runs with {setting} = off and would lose commits in a crash; turn it on, or set storage.allowUnsafeDurability.")
                { ExitCode = StartRefusedException.NoDatabase };
            }
        }
    }

    // A silo's identity contains its start in UTC seconds: one that starts in its own past is taken for the older one and dies.
    private static async Task CheckClock(NpgsqlConnection connection, CancellationToken cancel)
    {
        var there = (DateTime)await Scalar(connection, "select clock_timestamp()", cancel);
        var apart = TimeProvider.System.GetUtcNow() - there;
        if (apart.Duration() > ClockTolerance)
        {
            throw new StartRefusedException(
                $"This machine's clock is {apart.TotalSeconds:+0;-0} s from the database's; set it right before starting.")
            { ExitCode = StartRefusedException.NoDatabase };
        }
    }

    private static async Task<object> Scalar(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync(cancel))!;
    }
}
