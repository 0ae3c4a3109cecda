using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Reads and writes where a policy applies.</summary>
internal sealed class AssignmentStore(IDatabase database, TimeProvider clock)
{
    private const int HighestPriority = 10_000;

    public Task<Answer<PagedList<PolicyAssignment>>> List(OrgScope scope, Guid policy, NumberedPage page) =>
        database.Read<Answer<PagedList<PolicyAssignment>>>(async c =>
            await PolicyRow.Find(c, scope, policy) is null
                ? Refusal.NotFound("The policy")
                : await new NewestFirst(AssignmentRow.Columns, "policy_assignments a", "a").Where("a.policy_id = @policy", new { policy })
                    .Read<AssignmentRow, PolicyAssignment, AssignmentPosition>(c, page, r => r.Shown, r => new AssignmentPosition(r.Id)));

    public Task<Answer<Versioned<PolicyAssignment>>> Add(Caller caller, Guid policy, long? version, PolicyAssignmentBody body) =>
        database.Write<Answer<Versioned<PolicyAssignment>>>(async tx =>
        {
            if (Refuse(body) is { } invalid)
            {
                return invalid;
            }

            if (await PolicyRow.Find(tx, caller.Scope, policy) is not { } found)
            {
                return Refusal.NotFound("The policy");
            }

            var now = clock.GetUtcNow();
            var placed = await Place(tx, found, body, now);
            if (placed.Refusal is { } foreign)
            {
                return foreign;
            }

            var held = await PolicyStore.Hold(tx, caller.Scope, policy, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            var row = placed.Value!;
            var added = await tx.Connection!.ExecuteAsync(
                """
                insert into policy_assignments (id, policy_id, level, target_id, org_id, partner_id, site_id, group_id, priority, created_at)
                values (@Id, @PolicyId, @Level, @TargetId, @OrgId, @PartnerId, @SiteId, @GroupId, @Priority, @CreatedAt) on conflict do nothing
                """,
                row,
                tx);
            if (added == 0)
            {
                // Thrown, so that the version that was counted up is not.
                throw new RefusedException(Refusal.Invalid("The policy is assigned to this target already; remove that assignment first.", "targetId"));
            }

            await PolicyOccurrences.Plan(tx, policy, now);
            await AutoApprovals.OnChanged(tx, row.Level <= PolicyLevel.Organization ? await PolicyReach.OrgWide(tx, policy) : [], now);
            await Audit.Write(tx, PolicyStore.Line(held.Value!, caller, now, "assign", new { assignmentId = row.Id, row.Level, row.TargetId, row.Priority }));
            return new Versioned<PolicyAssignment>((await Find(tx, policy, row.Id))!.Shown, held.Value!.Version);
        });

    public Task<Answer<Versioned<PolicyAssignment>>> Remove(Caller caller, Guid policy, Guid assignment, long? version) =>
        database.Write<Answer<Versioned<PolicyAssignment>>>(async tx =>
        {
            if (await PolicyRow.Find(tx, caller.Scope, policy) is null)
            {
                return Refusal.NotFound("The policy");
            }

            if (await Find(tx, policy, assignment) is not { } row)
            {
                return Refusal.NotFound("The assignment");
            }

            var now = clock.GetUtcNow();
            var held = await PolicyStore.Hold(tx, caller.Scope, policy, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            var orgs = row.Level <= PolicyLevel.Organization ? await PolicyReach.OrgWide(tx, policy) : [];
            await tx.Connection!.ExecuteAsync("delete from policy_assignments where id = @assignment", new { assignment }, tx);
            await PolicyOccurrences.Plan(tx, policy, now);
            // Another policy may speak for the organizations now.
            await AutoApprovals.OnChanged(tx, orgs, now);
            await Audit.Write(tx, PolicyStore.Line(held.Value!, caller, now, "unassign", new { assignmentId = row.Id, row.Level, row.TargetId, row.Priority }));
            return new Versioned<PolicyAssignment>(row.Shown, held.Value!.Version);
        });

    private static Task<AssignmentRow?> Find(SqlSource source, Guid policy, Guid assignment) => source.First<AssignmentRow>(
        $"select {AssignmentRow.Columns} from policy_assignments a where a.id = @assignment and a.policy_id = @policy", new { assignment, policy });

    private static Refusal? Refuse(PolicyAssignmentBody body) =>
        body.Level is null ? Refusal.Invalid("level is required: partner, organization, site, device_group or device.", "level")
        : body.TargetId is null ? Refusal.Invalid("targetId is required.", "targetId")
        : body.Priority is < 0 or > HighestPriority ? Refusal.Invalid($"priority must be from 0 to {HighestPriority}.", "priority")
        : null;

    /// <summary>Finds whose the target is: the policy's own organization or partner, or one of its partner's. Unknown and foreign are alike.</summary>
    private static async Task<Answer<AssignmentRow>> Place(SqlSource source, PolicyRow policy, PolicyAssignmentBody body, DateTimeOffset now)
    {
        var (level, target) = (body.Level!.Value, body.TargetId!.Value);
        var unknown = Refusal.Invalid($"targetId names no {EnumName.Of(level).Replace('_', ' ')} that this policy can be assigned to.", "targetId");
        var row = new AssignmentRow { Id = Guid.CreateVersion7(now), PolicyId = policy.Id, Level = level, TargetId = target, Priority = body.Priority ?? 0, CreatedAt = now };
        if (level == PolicyLevel.Partner)
        {
            return policy.OrgId is not null ? Refusal.Invalid("A policy of an organization cannot be assigned to a partner.", "level")
                : target == policy.PartnerId!.Value.Value ? row with { PartnerId = target }
                : unknown;
        }

        var (table, org) = level switch
        {
            PolicyLevel.Organization => ("organizations t", "t.id"),
            PolicyLevel.Site => ("sites t", "t.org_id"),
            PolicyLevel.DeviceGroup => ("device_groups t", "t.org_id"),
            _ => ("devices t", "t.org_id"),
        };
        var owner = await source.First<Guid?>(
            $"""
            select o.id from {table} join organizations o on o.id = {org}
            where t.id = @target and {(policy.OrgId is null ? "o.partner_id = @PartnerId" : "o.id = @OrgId")}
              {(level == PolicyLevel.Device ? "and t.decommissioned_at is null" : "")}
            """,
            new { target, policy.PartnerId, policy.OrgId });
        return owner is null ? unknown : row with
        {
            OrgId = owner,
            SiteId = level == PolicyLevel.Site ? target : null,
            GroupId = level == PolicyLevel.DeviceGroup ? target : null,
        };
    }

    private sealed record AssignmentPosition(Guid Id) : ListPosition(Id);

    private sealed record AssignmentRow
    {
        public static readonly string Columns = "a.id, a.policy_id, a.level, a.target_id, a.org_id, a.partner_id, a.site_id, a.group_id, a.priority, a.created_at, "
            + TargetNames.ByNumber("a") + " as target_name";

        public Guid Id { get; init; }
        public Guid PolicyId { get; init; }
        public PolicyLevel Level { get; init; }
        public Guid TargetId { get; init; }
        public string? TargetName { get; init; }
        public Guid? OrgId { get; init; }
        public Guid? PartnerId { get; init; }
        public Guid? SiteId { get; init; }
        public Guid? GroupId { get; init; }
        public int Priority { get; init; }
        public DateTimeOffset CreatedAt { get; init; }

        public PolicyAssignment Shown => new(Id, PolicyId, Level, TargetId, Priority, CreatedAt, TargetName);
    }
}
