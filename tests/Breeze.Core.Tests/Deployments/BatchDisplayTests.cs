using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>What people are shown of a batch.</summary>
public sealed class BatchDisplayTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    public static TheoryData<bool, Totals, int?, BatchStatus, string> Rows => new()
    {
        { false, Counts(pending: 10), null, BatchStatus.Waiting, "not opened" },
        { true, Counts(pending: 10), null, BatchStatus.Running, "opened, nothing sent yet" },
        { true, Counts(running: 1, completed: 8, failed: 1), null, BatchStatus.Running, "the last device runs" },
        { true, Counts(pending: 1, retrying: 1, completed: 9), 30, BatchStatus.Running, "a timer's next batch is due while one waits for its retry" },
        { true, Counts(completed: 9, failed: 1), 30, BatchStatus.Soaking, "over, and the next one waits" },
        { true, Counts(completed: 9, failed: 1), 0, BatchStatus.Failed, "over, and the delay too" },
        { true, Counts(completed: 9, skipped: 1), null, BatchStatus.Done, "over without a failure" },
        { false, Counts(skipped: 10), null, BatchStatus.Done, "cancelled before it was opened" },
        { false, Counts(), null, BatchStatus.Waiting, "a rollback has nothing to do in it and has not come to it" },
        { true, Counts(), null, BatchStatus.Done, "a rollback had nothing to do in it" },
    };

    [Theory, MemberData(nameof(Rows))]
    public void A_batch_is_shown_by_its_devices_and_what_waits_for_it(bool dispatched, Totals batch, int? nextInMinutes, BatchStatus shown, string why) =>
        Assert.True(shown == BatchDisplay.Status(dispatched, batch, nextInMinutes is { } minutes ? Now.AddMinutes(minutes) : null, Now), why);
}
