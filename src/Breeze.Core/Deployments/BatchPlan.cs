namespace Breeze.Core.Deployments;

/// <summary>
/// Where each target stands: arithmetic on its ordinal (its 0-based place by hostname, then id), so that nothing about batches
/// needs storing but three numbers. A shard is at most <see cref="ShardLimit"/> neighbours of one batch.
/// </summary>
/// <param name="Total">All targets, ≥ 1.</param>
/// <param name="BatchSize">Devices in every batch but the last, ≥ 1.</param>
/// <param name="ShardSize">Devices in every shard of a batch but its last, ≥ 1.</param>
public readonly record struct BatchPlan(int Total, int BatchSize, int ShardSize)
{
    /// <summary>Records of one shard grain: small enough to read at once, large enough that a million devices are a thousand grains.</summary>
    public const int ShardLimit = 1000;

    public int TotalBatches => (Total + BatchSize - 1) / BatchSize;

    private int ShardsPerBatch => (BatchSize + ShardSize - 1) / ShardSize;

    public static BatchPlan For(int total, RolloutPlan plan)
    {
        var size = plan.Staggered is { } staggered ? Math.Min(staggered.BatchSize.Of(total), total) : total;
        return new BatchPlan(total, size, Math.Min(size, ShardLimit));
    }

    /// <summary>From 1.</summary>
    public int BatchOf(int ordinal) => (ordinal / BatchSize) + 1;

    /// <summary>From 0, over all batches.</summary>
    public int ShardOf(int ordinal) => ((ordinal / BatchSize) * ShardsPerBatch) + ((ordinal % BatchSize) / ShardSize);

    /// <summary>The first ordinal of a batch and how many it holds.</summary>
    public (int First, int Count) Batch(int batch)
    {
        var first = (batch - 1) * BatchSize;
        return (first, Math.Min(BatchSize, Total - first));
    }

    /// <summary>How many records a shard holds.</summary>
    public int SizeOf(int shard) => Math.Min(ShardSize, Batch((shard / ShardsPerBatch) + 1).Count - (shard % ShardsPerBatch * ShardSize));

    /// <summary>Every shard in order: its number, batch, first ordinal and size.</summary>
    public IEnumerable<(int Shard, int Batch, int First, int Count)> Shards()
    {
        for (var batch = 1; batch <= TotalBatches; batch++)
        {
            var (first, count) = Batch(batch);
            for (var offset = 0; offset < count; offset += ShardSize)
            {
                yield return (ShardOf(first + offset), batch, first + offset, Math.Min(ShardSize, count - offset));
            }
        }
    }
}
