namespace Breeze.Core.Patches;

/// <summary>What an operator may decide about a patch.</summary>
public enum ApprovalCommand
{
    Approve = 1,

    /// <summary>One of many: it does not overrule a rejection.</summary>
    ApproveInBulk,
    Decline,
    Defer,
}

/// <summary>What an organization has decided about a patch.</summary>
/// <param name="DeferUntil">Of a deferral; else null.</param>
public sealed record Approval(ApprovalStatus Status, DateTimeOffset? DeferUntil = null, string? Note = null)
{
    public static Approval None { get; } = new(ApprovalStatus.Pending);

    /// <summary>What it is worth: a deferral is pending from the very instant that it ends, whether anybody has noticed or not.</summary>
    public ApprovalStatus At(DateTimeOffset now) =>
        Status == ApprovalStatus.Deferred && DeferUntil <= now ? ApprovalStatus.Pending : Status;

    /// <summary>The one table of decisions: what a status becomes by a command; null: refused.</summary>
    public static ApprovalStatus? Next(ApprovalStatus status, ApprovalCommand command) => (status, command) switch
    {
        (_, ApprovalCommand.Approve) => ApprovalStatus.Approved,
        (ApprovalStatus.Rejected, ApprovalCommand.ApproveInBulk) => null,
        (_, ApprovalCommand.ApproveInBulk) => ApprovalStatus.Approved,
        (_, ApprovalCommand.Decline) => ApprovalStatus.Rejected,
        (_, ApprovalCommand.Defer) => ApprovalStatus.Deferred,
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "Not a decision."),
    };

    /// <summary>What a command makes of this; this itself when it says nothing new; null when it is refused.</summary>
    /// <param name="deferUntil">Of <see cref="ApprovalCommand.Defer"/>.</param>
    public Approval? After(ApprovalCommand command, DateTimeOffset? deferUntil, string? note, DateTimeOffset now)
    {
        var status = At(now);
        if (Next(status, command) is not { } next)
        {
            return null;
        }

        var said = new Approval(next, next == ApprovalStatus.Deferred ? deferUntil : null, note);
        // A request that is repeated, and a bulk that meets what is approved already, decide nothing: one effect, one line.
        return said == this with { Status = status } || (command == ApprovalCommand.ApproveInBulk && status == next) ? this : said;
    }
}
