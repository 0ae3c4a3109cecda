using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting.Load;

/// <summary>Looks at this process twice a second and tells <see cref="Overload"/>.</summary>
/// <remarks>
/// On a thread of its own and by real time: a pool that does not get round to its work would not get round to a timer's either, and
/// it is this process's breath that is measured, whatever time the product believes it is.
/// </remarks>
internal sealed partial class LoadWatch(Overload overload, IDatabase database, ILogger<LoadWatch> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly ManualResetEventSlim _stopping = new();
    private Thread? _thread;
    private long _queuedAt;
    private long _delayTicks;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        LoadMetrics.Level(0);
        _thread = new Thread(Watch) { IsBackground = true, Name = "breeze-load" };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping.Set();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _stopping.Set();
        _thread?.Join();
        _stopping.Dispose();
    }

    private void Watch()
    {
        while (!_stopping.Wait(Every))
        {
            var signs = new LoadSigns(PoolDelay(), database.Backlog.Oldest, MemoryShare());
            if (overload.Look(signs))
            {
                LoadMetrics.Level(overload.Level);
                LogLevel(overload.Level, signs.Pool.TotalMilliseconds, signs.Storage.TotalMilliseconds, signs.Memory * 100);
            }
        }
    }

    // The wait of the last probe that ran, or of the one that still has not.
    private TimeSpan PoolDelay()
    {
        if (Volatile.Read(ref _queuedAt) is not 0 and var waits)
        {
            return TimeProvider.System.GetElapsedTime(waits);
        }

        var last = TimeSpan.FromTicks(Volatile.Read(ref _delayTicks));
        Volatile.Write(ref _queuedAt, TimeProvider.System.GetTimestamp());
        ThreadPool.UnsafeQueueUserWorkItem(
            static watch =>
            {
                Volatile.Write(ref watch._delayTicks, TimeProvider.System.GetElapsedTime(watch._queuedAt).Ticks);
                Volatile.Write(ref watch._queuedAt, 0);
            },
            this,
            preferLocal: false);
        return last;
    }

    // What lived through the last collection: garbage that nobody has looked for yet is no trouble.
    private static double MemoryShare() =>
        GC.GetGCMemoryInfo() is { TotalAvailableMemoryBytes: > 0 } memory ? (double)memory.HeapSizeBytes / memory.TotalAvailableMemoryBytes : 0;

    [LoggerMessage(Level = Microsoft.Extensions.Logging.LogLevel.Warning, Message = "Overload: {Level} classes of requests are refused; the thread pool is {PoolMs:0} ms late, the oldest write has waited {StorageMs:0} ms, the heap has {MemoryPercent:0} % of its limit")]
    private partial void LogLevel(int level, double poolMs, double storageMs, double memoryPercent);
}
