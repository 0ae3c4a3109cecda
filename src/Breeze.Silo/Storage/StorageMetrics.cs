using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Breeze.Silo.Storage;

/// <summary>The figures of the storage path, on the meter <c>Breeze</c>; the tag <c>queue</c> is the name of the group.</summary>
internal static class StorageMetrics
{
    private static readonly Meter Breeze = new("Breeze");
    private static readonly ConcurrentDictionary<string, ConcurrentDictionary<object, Func<int>>> Depths = new();

    private static readonly Histogram<int> BatchSize = Breeze.CreateHistogram<int>(
        "breeze.storage.batch_size", "{item}", "Items in one group commit or group read.");

    private static readonly Histogram<double> Latency = Breeze.CreateHistogram<double>(
        "breeze.storage.batch_duration", "s", "Time of one group commit or group read, the wait for the writer included.");

    private static readonly Counter<long> Failures = Breeze.CreateCounter<long>(
        "breeze.storage.batch_failures", "{batch}", "Group commits and reads that failed.");

    private static readonly Counter<long> Deadlocks = Breeze.CreateCounter<long>(
        "breeze.storage.deadlocks", "{transaction}", "Transactions that were run again because PostgreSQL chose them as the victim of a deadlock.");

    static StorageMetrics() => Breeze.CreateObservableGauge(
        "breeze.storage.queue_depth",
        () => Depths.Select(q => new Measurement<int>(q.Value.Values.Sum(depth => depth()), Tag(q.Key))),
        "{item}",
        "Items that wait for a group commit or group read.");

    public static void Watch(string queue, object owner, Func<int> depth) => Depths.GetOrAdd(queue, _ => new())[owner] = depth;

    public static void Forget(string queue, object owner) => Depths.GetOrAdd(queue, _ => new()).TryRemove(owner, out _);

    public static void Batch(string queue, int size, TimeSpan took)
    {
        BatchSize.Record(size, Tag(queue));
        Latency.Record(took.TotalSeconds, Tag(queue));
    }

    public static void Deadlock() => Deadlocks.Add(1);

    public static void Failed(string queue) => Failures.Add(1, Tag(queue));

    private static KeyValuePair<string, object?> Tag(string queue) => new("queue", queue);
}
