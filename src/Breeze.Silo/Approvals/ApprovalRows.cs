using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Approvals;

/// <summary>A row of <c>patch_approvals</c>.</summary>
internal sealed record ApprovalRow
{
    public OrgId OrgId { get; init; }

    public Guid PatchId { get; init; }

    public ApprovalStatus Status { get; init; } = ApprovalStatus.Pending;

    public DateTimeOffset? DeferUntil { get; init; }

    public string? Note { get; init; }

    public string ActorKind { get; init; } = "";

    public string ActorId { get; init; } = "";

    public string ActorName { get; init; } = "";

    public Guid? PolicyId { get; init; }

    public DateTimeOffset DecidedAt { get; init; }

    /// <summary>0: nobody has decided yet.</summary>
    public long Version { get; init; }

    public Approval Approval => new(Status, DeferUntil, Note);

    public ApprovalRow After(Approval next, AuditActor actor, DateTimeOffset now) => this with
    {
        Status = next.Status,
        DeferUntil = next.DeferUntil,
        Note = next.Note,
        ActorKind = actor.Kind,
        ActorId = actor.Id,
        ActorName = actor.Name,
        PolicyId = null,
        DecidedAt = now,
        Version = Version + 1,
    };
}

/// <summary>Set-wide statements over approvals. Order of locks: the organization's patches, the approvals, the devices' rows, the audit log.</summary>
internal static class ApprovalRows
{
    private const string Columns = "a.org_id, a.patch_id, a.status, a.defer_until, a.note, a.actor_kind, a.actor_id, a.actor_name, a.policy_id, a.decided_at, a.version";

    /// <summary>Locks the approvals of patches that the organizations know, making the row of one that nobody decided about; others are left out.</summary>
    public static async Task<Dictionary<(OrgId, Guid), ApprovalRow>> Hold(DbTransaction tx, IReadOnlyList<(OrgId Org, Guid Patch)> keys)
    {
        var known = await tx.QueryRows<ApprovalRow>(
            "select t.org_id, t.patch_id from ({rows}) v cross join org_patches t where t.org_id = v.org_id and t.patch_id = v.patch_id"
            + $" order by t.org_id, t.patch_id{CommandGates.HoldExclusive(tx, "t")}",
            Keys(keys));
        var ordered = Keys([.. known.Select(k => (k.OrgId, k.PatchId))]);
        // A row to lock, so that a policy's approval waits for this decision instead of being overwritten by it. It is never seen as it
        // is here: the decision that it is made for follows in this transaction.
        await tx.ExecuteRows(
            """
            insert into patch_approvals (org_id, patch_id, status, actor_kind, actor_id, actor_name, decided_at, version)
            select v.org_id, v.patch_id, 1, '', '', '', 0, 0 from ({rows}) v where true on conflict do nothing
            """,
            ordered);
        var rows = await tx.QueryRows<ApprovalRow>(
            $"select {Columns} from ({{rows}}) v cross join patch_approvals a where a.org_id = v.org_id and a.patch_id = v.patch_id"
            + $" order by a.org_id, a.patch_id{CommandGates.HoldExclusive(tx, "a")}",
            ordered);
        return rows.ToDictionary(r => (r.OrgId, r.PatchId));
    }

    /// <summary>Writes decisions over rows that are held.</summary>
    public static Task<int> Save(DbTransaction tx, IReadOnlyList<ApprovalRow> rows) => tx.ExecuteRows(
        """
        with v as ({rows})
        update patch_approvals set status = v.status, defer_until = v.defer_until, note = v.note, actor_kind = v.actor_kind, actor_id = v.actor_id,
          actor_name = v.actor_name, policy_id = null, assignment_id = null, decided_at = v.decided_at, version = v.version,
          announced = case when v.status = 4 then 0 else 1 end
        from v where patch_approvals.org_id = v.org_id and patch_approvals.patch_id = v.patch_id
        """,
        Columned(rows));

    /// <summary>Adds what was decided to the history, in the order given.</summary>
    public static Task<int> AddHistory(DbTransaction tx, IReadOnlyList<ApprovalRow> rows) => tx.ExecuteRows(
        """
        insert into patch_decisions (id, org_id, patch_id, status, defer_until, note, actor_kind, actor_id, actor_name, approval_version, at)
        select v.id, v.org_id, v.patch_id, v.status, v.defer_until, v.note, v.actor_kind, v.actor_id, v.actor_name, v.version, v.decided_at from ({rows}) v
        """,
        Columned(rows).Uuid("id", [.. rows.Select(r => Guid.CreateVersion7(r.DecidedAt))]));

    private static Rows Keys(IReadOnlyList<(OrgId Org, Guid Patch)> keys) => new Rows()
        .Uuid("org_id", [.. keys.Select(k => k.Org.Value)])
        .Uuid("patch_id", [.. keys.Select(k => k.Patch)]);

    private static Rows Columned(IReadOnlyList<ApprovalRow> rows) => Keys([.. rows.Select(r => (r.OrgId, r.PatchId))])
        .Int("status", [.. rows.Select(r => (int)r.Status)])
        .BigInt("defer_until", [.. rows.Select(r => r.DeferUntil?.ToUnixTimeMilliseconds())])
        .Text("note", [.. rows.Select(r => r.Note)])
        .Text("actor_kind", [.. rows.Select(r => r.ActorKind)])
        .Text("actor_id", [.. rows.Select(r => r.ActorId)])
        .Text("actor_name", [.. rows.Select(r => r.ActorName)])
        .BigInt("decided_at", [.. rows.Select(r => r.DecidedAt.ToUnixTimeMilliseconds())])
        .BigInt("version", [.. rows.Select(r => r.Version)]);
}
