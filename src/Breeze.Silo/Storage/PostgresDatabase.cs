using System.Data.Common;
using Npgsql;

namespace Breeze.Silo.Storage;

/// <summary>PostgreSQL: each call has a connection of the pool to itself.</summary>
public sealed class PostgresDatabase : IDatabase, IAsyncDisposable
{
    // Writes look rows up by the keys they bring. After thousands of new rows the planner's statistics are stale for a minute, and it
    // then joined 500 keys to a table by walking all of it: 0.7 s a statement at 10,000 devices, more than 10 s at 60,000.
    private const string ByKey = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

    private const int StatementsPrepared = 256;

    private const int DeadlockRetries = 3;

    // A machine that loses its power closes no socket: the server looks for it itself, or its sessions stay for two hours.
    internal const string LookForClients = "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    // A silo that stands still in the middle of a transaction would hold its locks for as long. By then it has lost its lease.
    private const string LetLocksGo = "-c idle_in_transaction_session_timeout=20s";

    private readonly NpgsqlDataSource _reads;
    private readonly NpgsqlDataSource _writes;
    private readonly NpgsqlDataSource _vital;

    /// <param name="connectionString">Npgsql's; <paramref name="maxConnections"/> are shared out, a third of them to writes; two more are for <see cref="Ping"/> and <see cref="WriteFirst"/>.</param>
    public PostgresDatabase(string connectionString, int maxConnections = 40)
    {
        SqlTypes.Register();
        var pooled = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "breeze" };
        var writers = Math.Max(2, maxConnections / 3);
        pooled.Options = $"{pooled.Options} {LookForClients}".Trim();
        pooled.MaxPoolSize = Math.Max(2, maxConnections - writers);
        _reads = new NpgsqlDataSourceBuilder(pooled.ToString()) { Name = "breeze" }.Build();
        pooled.MaxPoolSize = 2;
        pooled.Options += $" {LetLocksGo}";
        _vital = new NpgsqlDataSourceBuilder(pooled.ToString()) { Name = "breeze vital" }.Build();
        pooled.MaxPoolSize = writers;
        pooled.Options += $" {ByKey}";
        // The same statements all day, looked up by keys: parsing and planning them anew cost as much as running them. No session state to reset.
        (pooled.MaxAutoPrepare, pooled.NoResetOnClose) = (StatementsPrepared, true);
        _writes = new NpgsqlDataSourceBuilder(pooled.ToString()) { Name = "breeze writes" }.Build();
    }

    public EngineKind Engine => EngineKind.Postgres;

    public Backlog Backlog { get; } = new();

    public async Task Ping(CancellationToken cancel)
    {
        try
        {
            await using var command = _vital.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancel);
        }
        catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
        {
            throw translated;
        }
    }

    public async Task<T> Read<T>(Func<DbConnection, Task<T>> query, CancellationToken cancel = default)
    {
        try
        {
            await using var connection = await Open(_reads, cancel);
            return await query(connection);
        }
        catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
        {
            throw translated;
        }
    }

    public Task<T> Write<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default) => Write(_writes, work, cancel);

    public Task<T> WriteFirst<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default) => Write(_vital, work, cancel);

    private async Task<T> Write<T>(NpgsqlDataSource pool, Func<DbTransaction, Task<T>> work, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await WriteOnce(pool, work, cancel);
            }
            catch (Exception error) when (attempt < DeadlockRetries && StorageErrors.IsDeadlock(error))
            {
                // Whoever it waited for goes on; the same again will do.
                StorageMetrics.Deadlock();
            }
            catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
            {
                throw translated;
            }
        }
    }

    private async Task<T> WriteOnce<T>(NpgsqlDataSource pool, Func<DbTransaction, Task<T>> work, CancellationToken cancel)
    {
        await using var connection = await Open(pool, cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var result = await work(transaction);
        // Not cancelled half-way: a cancelled commit would leave the caller not knowing.
        await transaction.CommitAsync(CancellationToken.None);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await _reads.DisposeAsync();
        await _writes.DisposeAsync();
        await _vital.DisposeAsync();
    }

    private async ValueTask<NpgsqlConnection> Open(NpgsqlDataSource pool, CancellationToken cancel)
    {
        using var waiting = Backlog.Enter();
        return await pool.OpenConnectionAsync(cancel);
    }
}
