using System.Data.Common;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Patches;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Approvals;

/// <summary>A decision on its way into the database.</summary>
public sealed record ApprovalStep(OrgId Org, Guid Patch, Decision Decision, AuditActor Actor, DateTimeOffset Now);

/// <summary>Group commit of decisions: a bulk of hundreds is one transaction, each decided on its locked row.</summary>
/// <remarks>The approval, its history, what it makes of the devices' patches and its audit line are one transaction.</remarks>
public sealed class ApprovalCommits(IDatabase database) : IAsyncDisposable
{
    private readonly GroupCommit<ApprovalStep, Answer<Decided>> _commits = new(
        "patch_approvals", database, (tx, steps) => new Batch(tx, steps).Run(), new() { FairBy = step => step.Org });

    public Task<Answer<Decided>> Commit(ApprovalStep step) => _commits.Commit(step);

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private sealed class Batch(DbTransaction tx, IReadOnlyList<ApprovalStep> steps)
    {
        private readonly List<(ApprovalStep Step, ApprovalRow Row)> _decisions = [];
        private readonly List<AuditEntry> _lines = [];

        // One instant for the whole batch, so that of two steps on one patch the later one is not the earlier in its history.
        private readonly DateTimeOffset _now = steps.Max(s => s.Now);

        public async Task<IReadOnlyList<Answer<Decided>>> Run()
        {
            var rows = await ApprovalRows.Hold(tx, [.. steps.Select(s => (s.Org, s.Patch)).Distinct()]);
            var before = new Dictionary<(OrgId, Guid), ApprovalRow>(rows);
            var answers = steps.Select(step => Decide(step, rows)).ToList();
            var changed = rows.Where(r => r.Value != before[r.Key]).Select(r => r.Value).ToList();
            if (changed.Count == 0)
            {
                return answers;
            }

            await ApprovalRows.Save(tx, changed);
            await ApprovalRows.AddHistory(tx, _decisions.ConvertAll(d => d.Row));
            var flipped = changed
                .Select(row => (row.OrgId, row.PatchId, IsApproved: row.Status == ApprovalStatus.Approved))
                .Where(c => c.IsApproved != (before[(c.OrgId, c.PatchId)].Status == ApprovalStatus.Approved))
                .ToList();
            await DevicePatchStatuses.ApprovalChanged(tx, flipped, _now);
            await Audit.WriteAll(tx, _lines);
            return answers;
        }

        private Answer<Decided> Decide(ApprovalStep step, Dictionary<(OrgId, Guid), ApprovalRow> rows)
        {
            if (!rows.TryGetValue((step.Org, step.Patch), out var row))
            {
                return Refusal.NotFound("The patch");
            }

            var decision = step.Decision;
            var next = row.Approval.After(decision.Command, decision.DeferUntil, decision.Note, _now);
            if (next is null)
            {
                return Refusal.Invalid("The patch is rejected; approve it by itself.", "rejected");
            }

            if (next != row.Approval)
            {
                var from = row.Approval.At(_now);
                row = row.After(next, step.Actor, _now);
                rows[(step.Org, step.Patch)] = row;
                _decisions.Add((step, row));
                _lines.Add(new AuditEntry(
                    AuditChain.Org(step.Org), _now, step.Actor, $"patch.{Verb(decision.Command)}", "patch", step.Patch.ToString(),
                    Details: new { from = EnumName.Of(from), status = EnumName.Of(next.Status), next.DeferUntil, next.Note }));
            }

            return new Decided(row.Status, row.DeferUntil, row.Note, row.ActorKind, row.ActorId, row.ActorName, row.DecidedAt);
        }

        private static string Verb(ApprovalCommand command) => command switch
        {
            ApprovalCommand.Decline => "decline",
            ApprovalCommand.Defer => "defer",
            _ => "approve",
        };
    }
}
