using System.Diagnostics;
using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using CsCheck;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Whole rollouts in virtual time: what the tables say one by one, together and for long.</summary>
public sealed class SimulatedRolloutTests
{
    private static readonly DeviceAnswer Succeeds = new(TimeSpan.FromSeconds(40), null);
    private static readonly DeviceAnswer Fails = new(TimeSpan.FromSeconds(20), FailureKind.ExitCode);
    private static readonly DeviceAnswer IsSilent = new(null, null);

    private static readonly Gen<RolloutPlan> Plans =
        from size in Gen.Int[1, 12]
        from delay in Gen.Int[0, 90]
        from timer in Gen.Bool
        from failures in Gen.Int[0, 6]
        from percent in Gen.Int[0, 60]
        from retries in Gen.Int[0, 3]
        select Staggered(
            size, delay, timer ? BatchGate.Timer : BatchGate.Completion, failures == 0 ? null : failures, percent == 0 ? null : percent, retries);

    [Fact]
    public void A_week_of_batches_passes_in_a_moment()
    {
        var started = Stopwatch.GetTimestamp();
        var chance = new Random(20260302);
        var plan = Staggered(delayMinutes: 16 * 60, percent: 20, maxRetries: 3) with { Staggered = Share(10, 16 * 60, 20) };
        var rollout = new SimulatedRollout(plan, 700, T0)
        {
            Answer = (_, _) => chance.NextDouble() switch { < 0.05 => Fails, < 0.07 => IsSilent, _ => new(TimeSpan.FromSeconds(chance.Next(1, 300)), null) },
            Reach = (ordinal, _) => ordinal % 97 == 0 ? Reach.Offline : Reach.Online,
        };
        rollout.RunToEnd();

        Assert.Equal(Stage.Completed, rollout.Stage);
        Assert.Equal((10, 10), (rollout.CurrentBatch, rollout.BatchTimes.Count));
        Assert.Equal(8, rollout.Run.Skipped);
        Assert.InRange(rollout.Now - T0, TimeSpan.FromDays(6), TimeSpan.FromDays(8));
        for (var batch = 1; batch < 10; batch++)
        {
            Assert.Equal(rollout.BatchTimes[batch - 1].Ended!.Value.AddHours(16), rollout.BatchTimes[batch].Opened);
        }

        // On an idle machine a tenth of a second; a loop that ticked through the week would take minutes.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_bad_change_stops_at_its_first_batch_and_is_abandoned_after_a_week()
    {
        var rollout = new SimulatedRollout(Staggered(batchSize: 10, percent: 10), 100, T0) { Answer = (_, _) => Fails };
        rollout.RunToEnd();

        Assert.Equal((Stage.Failed, 1, 10), (rollout.Stage, rollout.CurrentBatch, rollout.Run.Failed));
        Assert.All(rollout.Records.Skip(10), record => Assert.Equal(SkipReason.Abandoned, record.SkipReason));
        Assert.Equal(T0.AddSeconds(20).AddDays(7), rollout.Now);
    }

    [Theory]
    [InlineData(9, 4, Stage.Completed)]
    [InlineData(10, 5, Stage.Failed)]
    public void Each_resume_accepts_the_failures_so_far(int failures, int pauses, Stage end)
    {
        // One device of each batch of ten fails; the limit is two. The tenth failure pauses it in its last batch, whose other devices
        // end before the operator comes: with two failures that nobody has accepted.
        var rollout = new SimulatedRollout(Staggered(batchSize: 10, delayMinutes: 0, failures: 2), 100, T0)
        {
            Answer = (ordinal, _) => ordinal % 10 == 0 && ordinal < failures * 10 ? Fails : Succeeds,
            OperatorComesAfter = TimeSpan.FromHours(1),
        };
        rollout.RunToEnd();

        Assert.Equal((failures, pauses, end), (rollout.Run.Failed, rollout.Pauses, rollout.Stage));
    }

    [Fact]
    public void A_silent_device_is_tried_again_after_its_time_and_grace()
    {
        var rollout = new SimulatedRollout(Immediate with { MaxRetries = 2, Backoff = [TimeSpan.FromMinutes(5)] }, 1, T0) { Answer = (_, _) => IsSilent };
        rollout.RunToEnd();

        Assert.Equal([(0, 1, T0), (0, 2, T0.AddMinutes(12)), (0, 3, T0.AddMinutes(24))], rollout.Sent);
        Assert.Equal((Stage.Failed, T0.AddMinutes(31)), (rollout.Stage, rollout.Now));
        Assert.Equal(FailureKind.Timeout, rollout.Records[0].FailureKind);
    }

    [Fact]
    public void A_device_that_went_away_before_its_retry_is_waited_for_a_day()
    {
        var rollout = new SimulatedRollout(Immediate with { MaxRetries = 1, Backoff = [TimeSpan.FromMinutes(5)] }, 2, T0)
        {
            Answer = (ordinal, _) => ordinal == 0 ? Fails : Succeeds,
            Reach = (ordinal, now) => ordinal == 0 && now > T0 ? Reach.Offline : Reach.Online,
        };
        rollout.RunToEnd();

        Assert.Equal(FailureKind.Unreachable, rollout.Records[0].FailureKind);
        Assert.Equal(T0.AddSeconds(20).AddMinutes(5).AddDays(1), rollout.Now);
        Assert.Equal(Stage.Completed, rollout.Stage);
    }

    [Fact]
    public void Any_rollout_ends_by_itself_or_waits_for_nobody_but_its_operator() =>
        Gen.Select(Plans, Gen.Int[1, 60], Gen.Int[0, 1_000_000], Gen.Int[0, 100], Gen.Bool).Sample(
            (plan, devices, seed, badness, hasOperator) =>
            {
                var chance = new Random(seed);
                var rollout = new SimulatedRollout(plan, devices, T0)
                {
                    Answer = (_, _) => chance.Next(200) < badness ? Kinds[chance.Next(Kinds.Length)] : Succeeds,
                    Reach = (_, _) => chance.Next(1000) < badness ? Reach.Offline : Reach.Online,
                    OperatorComesAfter = hasOperator ? TimeSpan.FromHours(2) : null,
                };
                rollout.RunToEnd();

                Assert.True(Lifecycle.HasEnded(rollout.Stage), $"Stuck as {rollout.Stage} in batch {rollout.CurrentBatch}: {rollout.Run}");
                AssertAttemptsInOrder(rollout);
                AssertBatchesInOrder(rollout, plan.Staggered!);
            },
            iter: 500);

    private static readonly DeviceAnswer[] Kinds =
    [
        Fails, IsSilent, new(TimeSpan.FromSeconds(5), FailureKind.Rejected), new(TimeSpan.FromMinutes(3), FailureKind.Interrupted),
        new(TimeSpan.FromMinutes(6.5), FailureKind.AgentError), new(TimeSpan.FromMinutes(8), null),
    ];

    private static StaggeredPlan Share(decimal percent, int delayMinutes, decimal limit) => new()
    {
        BatchSize = new BatchSize(null, percent),
        Delay = TimeSpan.FromMinutes(delayMinutes),
        FailurePercentLimit = limit,
    };

    private static void AssertAttemptsInOrder(SimulatedRollout rollout)
    {
        foreach (var attempts in rollout.Sent.GroupBy(sent => sent.Ordinal))
        {
            Assert.Equal(Enumerable.Range(1, attempts.Count()), attempts.Select(sent => sent.Attempt));
            Assert.All(attempts.Skip(1), sent => Assert.True(sent.At >= rollout.RetryDue[(sent.Ordinal, sent.Attempt - 1)]));
        }
    }

    private static void AssertBatchesInOrder(SimulatedRollout rollout, StaggeredPlan plan)
    {
        for (var batch = 1; batch < rollout.BatchTimes.Count; batch++)
        {
            var (before, opened) = (rollout.BatchTimes[batch - 1], rollout.BatchTimes[batch].Opened);
            var wasFinished = before.Ended is { } ended && ended <= opened;
            if (plan.Gate == BatchGate.Completion)
            {
                Assert.True(wasFinished && opened >= before.Ended + plan.Delay, $"Batch {batch + 1} opened too early.");
            }
            else
            {
                Assert.True(wasFinished || opened >= before.Opened + plan.Delay, $"Batch {batch + 1} opened too early.");
            }
        }
    }
}
