using System.Data.Common;
using System.Diagnostics;

namespace Breeze.Silo.Storage;

/// <summary>Many callers' reads by key, one query: what is asked while a query runs goes with the next.</summary>
/// <remarks>What is answered was committed when it was asked or later. Use <see cref="Rows"/> to hand the keys to the query.</remarks>
public sealed class GroupRead<TKey, TRow> : IAsyncDisposable
    where TKey : notnull
{
    private const int Capacity = 1_000_000;

    private readonly string _name;
    private readonly IDatabase _database;
    private readonly Func<DbConnection, IReadOnlyList<TKey>, Task<IReadOnlyDictionary<TKey, TRow>>> _read;
    private readonly int _maxBatch;
    private readonly FairQueue<Waiting> _queue;
    private readonly Task _loops;

    /// <param name="name">The tag of its metrics; a few words in snake case.</param>
    /// <param name="read">The rows of distinct keys; a key without a row is left out.</param>
    /// <param name="maxBatch">Keys in one query, 1 or more.</param>
    public GroupRead(
        string name,
        IDatabase database,
        Func<DbConnection, IReadOnlyList<TKey>, Task<IReadOnlyDictionary<TKey, TRow>>> read,
        int maxBatch = 512)
    {
        _name = name;
        _database = database;
        _read = read;
        _maxBatch = maxBatch;
        _queue = new(Capacity);
        StorageMetrics.Watch(name, this, () => _queue.Count);
        database.Backlog.Watch(this, () => _queue.OldestSince);
        _loops = Task.Run(Run);
    }

    /// <summary>The key's row; default (null) when there is none.</summary>
    /// <exception cref="StorageUnavailableException">The database is away; the same read may be asked again.</exception>
    public async Task<TRow?> Read(TKey key, CancellationToken cancel = default)
    {
        var waiting = new Waiting(key);
        if (!await _queue.Enqueue(this, waiting, cancel))
        {
            throw new StorageUnavailableException("The silo is stopping.", retryable: true);
        }

        return await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _loops;
        StorageMetrics.Forget(_name, this);
        _database.Backlog.Forget(this);
        _queue.Dispose();
    }

    private async Task Run()
    {
        while (await _queue.Take(_maxBatch) is { Count: > 0 } batch)
        {
            await ReadBatch(batch);
        }
    }

    private async Task ReadBatch(List<Waiting> batch)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            var keys = batch.Select(w => w.Key).Distinct().ToList();
            var rows = await _database.Read(connection => _read(connection, keys));
            StorageMetrics.Batch(_name, keys.Count, Stopwatch.GetElapsedTime(started));
            batch.ForEach(w => w.Done.TrySetResult(rows.TryGetValue(w.Key, out var row) ? row : default));
        }
        catch (Exception error)
        {
            StorageMetrics.Failed(_name);
            batch.ForEach(w => w.Done.TrySetException(error));
        }
    }

    private sealed record Waiting(TKey Key)
    {
        public TaskCompletionSource<TRow?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
