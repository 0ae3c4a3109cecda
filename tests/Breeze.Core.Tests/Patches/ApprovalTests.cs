using Breeze.Core.Patches;

namespace Breeze.Core.Tests.Patches;

/// <summary>The table of decisions, and what a decision is worth at an instant.</summary>
public sealed class ApprovalTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(ApprovalStatus.Pending, ApprovalCommand.Approve, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Approved, ApprovalCommand.Approve, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Rejected, ApprovalCommand.Approve, ApprovalStatus.Approved)] // "can be reversed by approving the patch at any time"
    [InlineData(ApprovalStatus.Deferred, ApprovalCommand.Approve, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Pending, ApprovalCommand.ApproveInBulk, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Approved, ApprovalCommand.ApproveInBulk, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Rejected, ApprovalCommand.ApproveInBulk, null)] // "a rejected patch is not approved in bulk"
    [InlineData(ApprovalStatus.Deferred, ApprovalCommand.ApproveInBulk, ApprovalStatus.Approved)]
    [InlineData(ApprovalStatus.Pending, ApprovalCommand.Decline, ApprovalStatus.Rejected)]
    [InlineData(ApprovalStatus.Approved, ApprovalCommand.Decline, ApprovalStatus.Rejected)]
    [InlineData(ApprovalStatus.Rejected, ApprovalCommand.Decline, ApprovalStatus.Rejected)]
    [InlineData(ApprovalStatus.Deferred, ApprovalCommand.Decline, ApprovalStatus.Rejected)]
    [InlineData(ApprovalStatus.Pending, ApprovalCommand.Defer, ApprovalStatus.Deferred)]
    [InlineData(ApprovalStatus.Approved, ApprovalCommand.Defer, ApprovalStatus.Deferred)]
    [InlineData(ApprovalStatus.Rejected, ApprovalCommand.Defer, ApprovalStatus.Deferred)]
    [InlineData(ApprovalStatus.Deferred, ApprovalCommand.Defer, ApprovalStatus.Deferred)]
    public void Each_command_leads_from_each_status_to_one(ApprovalStatus from, ApprovalCommand command, ApprovalStatus? to) =>
        Assert.Equal(to, Approval.Next(from, command));

    [Theory]
    [InlineData(-1, ApprovalStatus.Pending)]
    [InlineData(0, ApprovalStatus.Pending)]
    [InlineData(1, ApprovalStatus.Deferred)]
    public void A_deferral_is_pending_from_the_instant_that_it_ends(int ticks, ApprovalStatus worth) =>
        Assert.Equal(worth, new Approval(ApprovalStatus.Deferred, Now.AddTicks(ticks)).At(Now));

    [Fact]
    public void A_repeat_says_nothing_new_and_another_note_or_date_does()
    {
        var approved = new Approval(ApprovalStatus.Approved, null, "reviewed");
        Assert.Same(approved, approved.After(ApprovalCommand.Approve, null, "reviewed", Now));
        Assert.Equal(approved with { Note = null }, approved.After(ApprovalCommand.Approve, null, null, Now));
        Assert.Same(approved, approved.After(ApprovalCommand.ApproveInBulk, null, "cycle", Now));
        var deferred = new Approval(ApprovalStatus.Deferred, Now.AddDays(1));
        Assert.Same(deferred, deferred.After(ApprovalCommand.Defer, Now.AddDays(1), null, Now));
        Assert.Equal(Now.AddDays(2), deferred.After(ApprovalCommand.Defer, Now.AddDays(2), null, Now)!.DeferUntil);
    }

    [Fact]
    public void A_deferral_that_is_over_can_be_made_again_and_leaves_no_date_behind_when_it_is_approved()
    {
        var over = new Approval(ApprovalStatus.Deferred, Now.AddDays(-1), "wait");
        Assert.Equal(new Approval(ApprovalStatus.Approved, null, "wait"), over.After(ApprovalCommand.Approve, null, "wait", Now));
        Assert.Null(new Approval(ApprovalStatus.Rejected).After(ApprovalCommand.ApproveInBulk, null, null, Now));
    }
}
