using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Breeze.Silo.Storage;

/// <summary>SQLite in one file: one writer thread, a few read connections, every commit synced to disk.</summary>
/// <remarks>
/// The writer has a thread of its own because the driver blocks while it syncs; on the pool of a small machine that would stop the silo.
/// The work runs there too; what it awaits must be this transaction alone.
/// </remarks>
public sealed class SqliteDatabase : IDatabase, IAsyncDisposable
{
    private const int QueuedWrites = 4096;

    private readonly Channel<Action<SqliteConnection>> _writes = Channel.CreateBounded<Action<SqliteConnection>>(
        new BoundedChannelOptions(QueuedWrites) { SingleReader = true });

    private readonly Channel<SqliteConnection> _readers = Channel.CreateUnbounded<SqliteConnection>();
    private readonly List<SqliteConnection> _connections = [];
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _ping;
    private readonly Lock _pinging = new();
    private readonly Thread _thread;

    /// <param name="path">The file; made when it is not there, in a directory that must be.</param>
    /// <param name="readConnections">How many reads may run at once, 1 or more.</param>
    public SqliteDatabase(string path, int readConnections = 8)
    {
        SqlTypes.Register();
        _writer = Open(path, "pragma journal_mode = wal; pragma synchronous = full;");
        StagedRows.Prepare(_writer);
        _ping = Open(path, "pragma query_only = 1;");
        _connections.Add(_ping);
        for (var i = 0; i < readConnections; i++)
        {
            var reader = Open(path, "pragma query_only = 1;");
            _connections.Add(reader);
            _readers.Writer.TryWrite(reader);
        }

        _thread = new Thread(RunWrites) { IsBackground = true, Name = "breeze-sqlite-writer" };
        _thread.Start();
    }

    public EngineKind Engine => EngineKind.Sqlite;

    public Backlog Backlog { get; } = new();

    public Task Ping(CancellationToken cancel)
    {
        lock (_pinging)
        {
            using var command = _ping.CreateCommand();
            command.CommandText = "select 1 from sqlite_master limit 1";
            command.ExecuteScalar();
        }

        return Task.CompletedTask;
    }

    public async Task<T> Read<T>(Func<DbConnection, Task<T>> query, CancellationToken cancel = default)
    {
        var connection = await Reader(cancel);
        try
        {
            return await query(connection);
        }
        catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
        {
            throw translated;
        }
        finally
        {
            _readers.Writer.TryWrite(connection);
        }
    }

    public async Task<T> Write<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default)
    {
        if (Thread.CurrentThread == _thread)
        {
            throw new InvalidOperationException("A write inside a write would wait for itself; use the transaction that is there.");
        }

        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = Backlog.Enter();
        try
        {
            await _writes.Writer.WriteAsync(
                connection =>
                {
                    waiting.Dispose();
                    Run(connection, work, done, cancel);
                },
                cancel);
        }
        catch (ChannelClosedException)
        {
            waiting.Dispose();
            throw Closing();
        }
        catch
        {
            waiting.Dispose();
            throw;
        }

        return await done.Task;
    }

    public Task<T> WriteFirst<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default) => Write(work, cancel);

    /// <summary>Finishes what is queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_writes.Writer.TryComplete())
        {
            return;
        }

        _thread.Join();
        _readers.Writer.TryComplete();
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await _writer.DisposeAsync();
    }

    private static SqliteConnection Open(string path, string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            ForeignKeys = true,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "pragma busy_timeout = 10000; pragma cache_size = -16384; pragma temp_store = memory; " + pragmas;
        command.ExecuteNonQuery();
        return connection;
    }

    private static StorageUnavailableException Closing() => new("The database is closing.", retryable: true);

    private static void Run<T>(
        SqliteConnection connection, Func<DbTransaction, Task<T>> work, TaskCompletionSource<T> done, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            done.TrySetCanceled(cancel);
            return;
        }

        try
        {
            // begin immediate: the write lock first, so that no statement half-way meets another process's lock.
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = work(transaction).GetAwaiter().GetResult();
            transaction.Commit();
            done.TrySetResult(result);
        }
        catch (Exception error)
        {
            done.TrySetException(StorageErrors.Translate(error));
        }
    }

    private async ValueTask<SqliteConnection> Reader(CancellationToken cancel)
    {
        using var waiting = Backlog.Enter();
        try
        {
            return await _readers.Reader.ReadAsync(cancel);
        }
        catch (ChannelClosedException)
        {
            throw Closing();
        }
    }

    private void RunWrites()
    {
        while (_writes.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_writes.Reader.TryRead(out var write))
            {
                write(_writer);
            }
        }
    }
}
