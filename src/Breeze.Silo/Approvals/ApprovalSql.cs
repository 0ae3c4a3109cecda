namespace Breeze.Silo.Approvals;

/// <summary>What an approval is worth at an instant, as SQL: one sentence for every list, count and decision.</summary>
public static class ApprovalSql
{
    /// <summary>
    /// The effective <see cref="Core.Patches.ApprovalStatus"/> of a left-joined <c>patch_approvals</c> row: no row is pending, and so is a
    /// deferral from the very instant that it ends. The statement must be given <c>@now</c> in milliseconds.
    /// </summary>
    /// <param name="alias">The alias of <c>patch_approvals</c>; a constant of ours, never input.</param>
    public static string Effective(string alias) =>
        $"(case when {alias}.status is null or ({alias}.status = 4 and {alias}.defer_until <= @now) then 1 else {alias}.status end)";
}
