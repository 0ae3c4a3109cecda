using Breeze.Core.Deployments;
using CsCheck;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Batches and shards as arithmetic on ordinals.</summary>
public sealed class BatchPlanTests
{
    private static readonly Gen<BatchSize> Sizes = Gen.OneOf(
        Gen.Int[1, 30_000].Select(devices => new BatchSize(devices, null)),
        Gen.Int[1, 10_000].Select(hundredths => new BatchSize(null, hundredths / 100m)));

    private static readonly Gen<BatchPlan> Plans =
        Gen.Select(Gen.Int[1, 20_000], Sizes, (total, size) => BatchPlan.For(total, Plan(size)));

    [Theory]
    [InlineData(100, 10.0, 10)]
    [InlineData(101, 10.0, 11)]
    [InlineData(9, 10.0, 1)]
    [InlineData(1, 1.0, 1)]
    [InlineData(3, 0.001, 1)]
    [InlineData(1000, 2.5, 25)]
    [InlineData(1001, 2.5, 26)]
    [InlineData(7, 100.0, 7)]
    [InlineData(300, 33.333, 100)]
    public void A_percentage_is_rounded_up_and_at_least_one(int total, double percent, int size) =>
        Assert.Equal(size, new BatchSize(null, (decimal)percent).Of(total));

    [Theory]
    [InlineData(10, 3, 4)]
    [InlineData(10, 10, 1)]
    [InlineData(10, 11, 1)]
    [InlineData(10, 2_000_000_000, 1)]
    [InlineData(1, 1, 1)]
    public void A_number_of_devices_makes_batches_of_that_many(int total, int size, int batches) =>
        Assert.Equal(batches, BatchPlan.For(total, Plan(new BatchSize(size, null))).TotalBatches);

    [Fact]
    public void An_immediate_deployment_is_one_batch_in_shards_of_a_thousand()
    {
        var plan = BatchPlan.For(2_500, Given.Immediate);

        Assert.Equal(1, plan.TotalBatches);
        Assert.Equal([(0, 1, 0, 1000), (1, 1, 1000, 1000), (2, 1, 2000, 500)], plan.Shards());
    }

    [Fact]
    public void A_shard_never_reaches_over_a_batch()
    {
        var plan = BatchPlan.For(3_000, Plan(new BatchSize(1_200, null)));

        Assert.Equal([(0, 1, 0, 1000), (1, 1, 1000, 200), (2, 2, 1200, 1000), (3, 2, 2200, 200), (4, 3, 2400, 600)], plan.Shards());
    }

    [Fact]
    public void The_batches_hold_every_target_once() => Plans.Sample(plan =>
    {
        var batches = Enumerable.Range(1, plan.TotalBatches).Select(plan.Batch).ToList();
        var next = 0;
        foreach (var (first, count) in batches)
        {
            Assert.Equal(next, first);
            Assert.InRange(count, 1, plan.BatchSize);
            next += count;
        }

        Assert.Equal(plan.Total, next);
    });

    [Fact]
    public void The_shards_hold_every_target_once_and_lie_in_one_batch() => Plans.Sample(plan =>
    {
        var next = 0;
        var last = -1;
        foreach (var (shard, batch, first, count) in plan.Shards())
        {
            Assert.True(shard > last);
            Assert.Equal(next, first);
            Assert.InRange(count, 1, BatchPlan.ShardLimit);
            Assert.Equal(count, plan.SizeOf(shard));
            Assert.Equal((shard, batch), (plan.ShardOf(first), plan.BatchOf(first)));
            Assert.Equal((shard, batch), (plan.ShardOf(first + count - 1), plan.BatchOf(first + count - 1)));
            (next, last) = (next + count, shard);
        }

        Assert.Equal(plan.Total, next);
    });

    [Fact]
    public void Each_ordinal_is_in_the_batch_that_holds_it() =>
        Gen.Select(Plans, Gen.Double[0, 1]).Sample((plan, place) =>
        {
            var ordinal = Math.Min(plan.Total - 1, (int)(place * plan.Total));
            var (first, count) = plan.Batch(plan.BatchOf(ordinal));
            Assert.InRange(ordinal, first, first + count - 1);
        });

    private static RolloutPlan Plan(BatchSize size) => new() { Staggered = new StaggeredPlan { BatchSize = size } };
}
