using System.Data.Common;
using System.Globalization;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Approvals;
using Breeze.Silo.Patches;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Approvals that a policy makes for a whole organization: rows, history and audit like an operator's.</summary>
/// <remarks>
/// Only what is pending is approved: a rejection or a deferral stands, whatever a policy says, until an operator or the deferral's end
/// lifts it. Of several policies the one that wins for the organization decides alone, as its settings would on the devices.
/// Policies on narrower levels approve per device, when a job is made and when it is sent; see <see cref="Record"/>.
/// </remarks>
public static class AutoApprovals
{
    /// <summary>The organization's devices have reported patches it had not seen. Safe to repeat.</summary>
    public static Task OnReported(DbTransaction tx, OrgId org, IReadOnlyList<Guid> patchesNewToOrg, DateTimeOffset now) =>
        patchesNewToOrg.Count == 0 ? Task.CompletedTask : Apply(tx, [org], patchesNewToOrg, now);

    /// <summary>Policies or their assignments have changed: everything that is pending in these organizations is looked at.</summary>
    /// <remarks>One organization at once; of several each by <see cref="PolicyReviews"/>, so that a partner's thousands are no one transaction.</remarks>
    internal static Task OnChanged(DbTransaction tx, IReadOnlyCollection<OrgId> orgs, DateTimeOffset now) =>
        orgs.Count <= 1 ? Apply(tx, orgs, null, now) : PolicyReviews.Ask(tx, orgs, now);

    /// <summary>As <see cref="OnReported"/>, for patches that are pending again; the audit lines are the caller's to write, after its own.</summary>
    internal static Task<List<AuditEntry>> OnPendingAgain(DbTransaction tx, OrgId org, IReadOnlyList<Guid> patches, DateTimeOffset now) =>
        Decide(tx, [org], patches, now);

    /// <summary>Looks at everything that is pending in an organization.</summary>
    internal static Task Review(DbTransaction tx, OrgId org, DateTimeOffset now) => Apply(tx, [org], null, now);

    /// <summary>Writes into the history what policies of narrower levels approved for their devices; what stands there already is not repeated.</summary>
    public static Task Record(DbTransaction tx, IReadOnlyCollection<ScopedApproval> approvals, DateTimeOffset now)
    {
        var distinct = approvals.DistinctBy(a => (a.Org, a.Patch, a.Policy.AssignmentId)).ToList();
        return tx.ExecuteRows(
            """
            insert into patch_decisions (id, org_id, patch_id, status, note, actor_kind, actor_id, actor_name, policy_id, assignment_id, level,
              target_id, approval_version, at)
            select v.id, v.org, v.patch, 2, v.note, 'policy', v.policy_text, p.name, v.policy, v.assignment, v.level, v.target,
              coalesce((select a.version from patch_approvals a where a.org_id = v.org and a.patch_id = v.patch), 0), @now
            from ({rows}) v cross join configuration_policies p where p.id = v.policy
            on conflict do nothing
            """,
            new Rows()
                .Uuid("id", [.. distinct.Select(_ => Guid.CreateVersion7(now))])
                .Uuid("org", [.. distinct.Select(a => a.Org.Value)])
                .Uuid("patch", [.. distinct.Select(a => a.Patch)])
                .Text("note", [.. distinct.Select(a => Reason(a.Policy.Settings.AutoApproveSeverities))])
                .Uuid("policy", [.. distinct.Select(a => a.Policy.PolicyId)])
                .Text("policy_text", [.. distinct.Select(a => a.Policy.PolicyId.ToString())])
                .Uuid("assignment", [.. distinct.Select(a => a.Policy.AssignmentId)])
                .Int("level", [.. distinct.Select(a => (int)a.Policy.Level)])
                .Uuid("target", [.. distinct.Select(a => a.Policy.TargetId)]),
            new { now });
    }

    private static async Task Apply(DbTransaction tx, IReadOnlyCollection<OrgId> orgs, IReadOnlyList<Guid>? patches, DateTimeOffset now) =>
        await Audit.WriteAll(tx, await Decide(tx, orgs, patches, now));

    private static async Task<List<AuditEntry>> Decide(DbTransaction tx, IReadOnlyCollection<OrgId> orgs, IReadOnlyList<Guid>? patches, DateTimeOffset now)
    {
        var lines = new List<AuditEntry>();
        var changes = new List<(OrgId Org, Guid Patch, bool IsApproved)>();
        foreach (var policy in (await OrgWidePolicies.Of(tx, orgs)).Where(p => p.Settings.AutoApprove).OrderBy(p => p.Org.Value))
        {
            var approved = await Approve(tx, policy, patches, now);
            await WriteHistory(tx, policy, approved, now);
            changes.AddRange(approved.Select(a => (policy.Org, a.PatchId, true)));
            lines.AddRange(approved.Select(a => new AuditEntry(
                AuditChain.Org(policy.Org), now, AuditActor.Policy(policy.PolicyId, policy.Name), "patch.auto_approve", "patch", a.PatchId.ToString(),
                Details: new { policy.PolicyId, policy.AssignmentId, policy.Level })));
        }

        await DevicePatchStatuses.ApprovalChanged(tx, changes, now);
        return lines;
    }

    private static async Task<IReadOnlyList<ApprovedRow>> Approve(DbTransaction tx, OrgWidePolicy policy, IReadOnlyList<Guid>? patches, DateTimeOffset now)
    {
        var candidates = await Candidates(tx, policy, patches, now);
        // The approval may have changed since, by an operator who was quicker: the upsert's own condition has the last word.
        return await tx.QueryRows<ApprovedRow>(
            $$"""
            insert into patch_approvals (org_id, patch_id, status, note, actor_kind, actor_id, actor_name, policy_id, assignment_id, decided_at, version)
            select @org, v.patch, 2, @note, 'policy', @policyText, @Name, @PolicyId, @AssignmentId, @now, 1 from ({rows}) v where true order by v.patch
            on conflict (org_id, patch_id) do update set status = 2, defer_until = null, note = excluded.note, actor_kind = excluded.actor_kind,
              actor_id = excluded.actor_id, actor_name = excluded.actor_name, policy_id = excluded.policy_id,
              assignment_id = excluded.assignment_id, decided_at = excluded.decided_at, announced = 1, version = patch_approvals.version + 1
            where {{ApprovalSql.Effective("patch_approvals")}} = 1
            returning patch_id, version
            """,
            new Rows().Uuid("patch", [.. candidates]),
            new
            {
                org = policy.Org,
                note = Reason(policy.Settings.AutoApproveSeverities),
                policyText = policy.PolicyId.ToString(),
                policy.Name,
                policy.PolicyId,
                policy.AssignmentId,
                now,
            });
    }

    /// <summary>What the policy would approve, held: who decides about patches holds the organization's rows of them first, in order.</summary>
    private static async Task<IReadOnlyList<Guid>> Candidates(DbTransaction tx, OrgWidePolicy policy, IReadOnlyList<Guid>? patches, DateTimeOffset now)
    {
        var sql =
            $$"""
            select p.patch_id from {{(patches is null ? "org_patches p" : "({rows}) v cross join org_patches p")}}
            left join patch_approvals a on a.org_id = p.org_id and a.patch_id = p.patch_id
            where p.org_id = @org{{(patches is null ? "" : " and p.patch_id = v.patch")}}
              and p.severity in ({{Numbers(policy.Settings.AutoApproveSeverities)}}) and p.source in ({{Numbers(policy.Settings.Sources)}})
              and {{ApprovalSql.Effective("a")}} = 1
            order by p.org_id, p.patch_id{{CommandGates.HoldExclusive(tx, "p")}}
            """;
        var args = new { org = policy.Org, now };
        return patches is null
            ? (await tx.Connection!.QueryAsync<Guid>(sql, args, tx)).AsList()
            : await tx.QueryRows<Guid>(sql, new Rows().Uuid("patch", [.. patches.Distinct()]), args);
    }

    private static Task<int> WriteHistory(DbTransaction tx, OrgWidePolicy policy, IReadOnlyList<ApprovedRow> approved, DateTimeOffset now) => tx.ExecuteRows(
        """
        insert into patch_decisions (id, org_id, patch_id, status, note, actor_kind, actor_id, actor_name, policy_id, assignment_id, level,
          target_id, approval_version, at)
        select v.id, @org, v.patch, 2, @note, 'policy', @policyText, @Name, @PolicyId, @AssignmentId, @Level, @TargetId, v.version, @now from ({rows}) v
        """,
        new Rows()
            .Uuid("id", [.. approved.Select(_ => Guid.CreateVersion7(now))])
            .Uuid("patch", [.. approved.Select(a => a.PatchId)])
            .BigInt("version", [.. approved.Select(a => a.Version)]),
        new
        {
            org = policy.Org,
            note = Reason(policy.Settings.AutoApproveSeverities),
            policyText = policy.PolicyId.ToString(),
            policy.Name,
            policy.PolicyId,
            policy.AssignmentId,
            policy.Level,
            policy.TargetId,
            now,
        });

    private static string Reason(IEnumerable<PatchSeverity> severities) =>
        $"The policy approves {string.Join(", ", severities.Select(EnumName.Of))} by itself.";

    private static string Numbers<T>(IEnumerable<T> values)
        where T : struct, Enum => string.Join(", ", values.Select(v => Convert.ToInt32(v, CultureInfo.InvariantCulture)));

    private sealed class ApprovedRow
    {
        public Guid PatchId { get; init; }

        public long Version { get; init; }
    }
}

/// <summary>A patch that a device's own policy approved while its organization had not decided.</summary>
public sealed record ScopedApproval(OrgId Org, Guid Patch, EffectivePolicy Policy);
