using System.Data.Common;
using System.Diagnostics;

namespace Breeze.Silo.Storage;

/// <summary>Limits and extras of a <see cref="GroupCommit{TItem, TOutcome}"/>.</summary>
public sealed record GroupCommitOptions<TItem, TOutcome>
{
    /// <summary>Items in one transaction, 1 or more (512).</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>Items that may wait per fairness key, 1 or more (16,384); a caller beyond waits to get in.</summary>
    public int Capacity { get; init; } = 16_384;

    /// <summary>Whose item it is (a tenant): batches take one of each in turn. Null: first come, first served.</summary>
    public Func<TItem, object>? FairBy { get; init; }

    /// <summary>What an item costs, 1 or more, where items differ widely. Null: each is 1.</summary>
    public Func<TItem, int>? Weight { get; init; }

    /// <summary>A batch takes no further item once it weighs this much.</summary>
    public int MaxWeight { get; init; } = int.MaxValue;

    /// <summary>
    /// Somebody outside waits for these items, a device or an operator: when the oldest waits long, the silo is overloaded. False for work
    /// that may take its time, such as the dispatch of a large batch.
    /// </summary>
    public bool CountsAsBacklog { get; init; }

    /// <summary>Called after each commit, before the callers are answered; must not throw nor wait. Null for none.</summary>
    public Action<IReadOnlyList<TItem>, IReadOnlyList<TOutcome>>? AfterCommit { get; init; }
}

/// <summary>Many callers' items, one transaction: what comes in while a commit runs goes with the next.</summary>
/// <remarks>
/// The commit function turns a batch into set-wide statements and answers one outcome an item, in order (a lost version is an outcome,
/// not an exception). It must be safe to run again: a batch that fails for a reason that will not pass is halved until the item at
/// fault stands alone, and only its caller gets the error.
/// </remarks>
public sealed class GroupCommit<TItem, TOutcome> : IAsyncDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(5);

    private readonly string _name;
    private readonly IDatabase _database;
    private readonly Func<DbTransaction, IReadOnlyList<TItem>, Task<IReadOnlyList<TOutcome>>> _commit;
    private readonly GroupCommitOptions<TItem, TOutcome> _options;
    private readonly FairQueue<Waiting> _queue;
    private readonly Task _loop;

    /// <param name="name">The tag of its metrics; a few words in snake case.</param>
    public GroupCommit(
        string name,
        IDatabase database,
        Func<DbTransaction, IReadOnlyList<TItem>, Task<IReadOnlyList<TOutcome>>> commit,
        GroupCommitOptions<TItem, TOutcome>? options = null)
    {
        _name = name;
        _database = database;
        _commit = commit;
        _options = options ?? new();
        _queue = new(_options.Capacity);
        StorageMetrics.Watch(name, this, () => _queue.Count);
        if (_options.CountsAsBacklog)
        {
            database.Backlog.Watch(this, () => _queue.OldestSince);
        }

        _loop = Task.Run(Run);
    }

    /// <summary>Waits until the item's transaction is committed; its outcome, or the error that kept it out.</summary>
    /// <exception cref="StorageUnavailableException">The database is away; nothing is known of the item, a repeat must be safe.</exception>
    public async Task<TOutcome> Commit(TItem item, CancellationToken cancel = default)
    {
        var waiting = new Waiting(item);
        var key = _options.FairBy?.Invoke(item) ?? this;
        if (!await _queue.Enqueue(key, waiting, cancel))
        {
            throw new StorageUnavailableException("The silo is stopping.", retryable: true);
        }

        return await waiting.Done.Task;
    }

    /// <summary>Waits until fewer than this many items wait.</summary>
    public async Task Below(int items)
    {
        // The real clock: it is this process's work that is waited for, whatever time the product believes it is.
        while (_queue.Count >= items)
        {
            await Task.Delay(LookAgainAfter, TimeProvider.System);
        }
    }

    /// <summary>Takes nothing more in and finishes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _loop;
        StorageMetrics.Forget(_name, this);
        _database.Backlog.Forget(this);
        _queue.Dispose();
    }

    private async Task Run()
    {
        while (await _queue.Take(_options.MaxBatch, w => _options.Weight?.Invoke(w.Item) ?? 1, _options.MaxWeight) is { Count: > 0 } batch)
        {
            await CommitBatch(batch);
        }
    }

    private async Task CommitBatch(List<Waiting> batch)
    {
        try
        {
            var items = batch.ConvertAll(w => w.Item);
            var outcomes = await CommitOnce(items);
            _options.AfterCommit?.Invoke(items, outcomes);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(outcomes[i]);
            }
        }
        catch (Exception error) when (batch.Count > 1 && !StorageErrors.IsTransient(error))
        {
            var half = batch.Count / 2;
            await CommitBatch(batch.GetRange(0, half));
            await CommitBatch(batch.GetRange(half, batch.Count - half));
        }
        catch (Exception error)
        {
            StorageMetrics.Failed(_name);
            batch.ForEach(w => w.Done.TrySetException(error));
        }
    }

    private async Task<IReadOnlyList<TOutcome>> CommitOnce(List<TItem> items)
    {
        var started = Stopwatch.GetTimestamp();
        var outcomes = await _database.Write(transaction => _commit(transaction, items));
        StorageMetrics.Batch(_name, items.Count, Stopwatch.GetElapsedTime(started));
        return outcomes.Count == items.Count
            ? outcomes
            : throw new InvalidOperationException($"Group commit {_name}: {items.Count} items, {outcomes.Count} outcomes.");
    }

    private sealed record Waiting(TItem Item)
    {
        public TaskCompletionSource<TOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
