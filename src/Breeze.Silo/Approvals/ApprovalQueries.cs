using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Approvals;

/// <summary>Reads approvals and their history for people: every query takes the caller's scope.</summary>
internal sealed class ApprovalQueries(IDatabase database, TimeProvider clock)
{
    /// <summary>Decided patches, last decision first; what nobody decided about is not listed.</summary>
    public Task<Answer<PagedList<PatchApproval>>> List(
        OrgScope scope, Guid? orgId, Guid? patchId, ApprovalStatus? status, string? part, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchApproval>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            const string from = "patch_approvals a left join org_patches p on p.org_id = a.org_id and p.patch_id = a.patch_id";
            var where = $"a.version > 0 and {scope.Sql("a.org_id")}"
                + (orgId is null ? "" : " and a.org_id = @orgId")
                + (patchId is null ? "" : " and a.patch_id = @patchId")
                + (status is null ? "" : $" and {ApprovalSql.Effective("a")} = @status")
                + (part is null ? "" : $" and {Searches.Contains("p.title")}");
            var after = Cursors.Decode<ApprovalPosition>(page.Cursor);
            var args = new
            {
                scopeId = scope.Id,
                now = clock.GetUtcNow(),
                orgId,
                patchId,
                status,
                part,
                limit = page.Limit + 1,
                offset = page.Offset,
                afterAt = after?.DecidedAt,
                afterPatch = after?.PatchId,
                afterOrg = after?.OrgId,
            };
            var total = await c.ExecuteScalarAsync<long>($"select count(*) from {from} where {where}", args);
            var rows = (await c.QueryAsync<ApprovalListRow>(
                $"""
                select a.org_id, a.patch_id, {ApprovalSql.Effective("a")} as status, a.defer_until, a.note, a.actor_kind, a.actor_id, a.actor_name,
                  a.policy_id, a.decided_at, p.source, p.external_id, p.title, p.severity
                from {from} where {where}{(after is null ? "" : " and (a.decided_at, a.patch_id, a.org_id) < (@afterAt, @afterPatch, @afterOrg)")}
                order by a.decided_at desc, a.patch_id desc, a.org_id desc limit @limit offset @offset
                """,
                args)).AsList();
            var shown = rows.Take(page.Limit).ToList();
            var next = rows.Count > page.Limit ? Cursors.Encode(shown[^1].Position) : null;
            return page.Answer(shown.ConvertAll(r => r.Shown), total, next);
        });

    /// <summary>Every decision about a patch in the caller's reach, last first. Unknown where none of its organizations has seen the patch.</summary>
    public Task<Answer<PagedList<PatchDecision>>> History(OrgScope scope, Guid patchId, Guid? orgId, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchDecision>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            var after = Cursors.Decode<DecisionPosition>(page.Cursor);
            var args = new
            {
                scopeId = scope.Id,
                patchId,
                orgId,
                limit = page.Limit + 1,
                offset = page.Offset,
                afterAt = after?.At,
                afterVersion = after?.Version,
                afterId = after?.Id,
            };
            var known = await c.QueryFirstOrDefaultAsync<Guid?>(
                $"select p.patch_id from org_patches p where p.patch_id = @patchId and {scope.Sql("p.org_id")}{(orgId is null ? "" : " and p.org_id = @orgId")} limit 1", args);
            if (known is null)
            {
                return Refusal.NotFound("The patch");
            }

            var where = $"d.patch_id = @patchId and {scope.Sql("d.org_id")}{(orgId is null ? "" : " and d.org_id = @orgId")}";
            var total = await c.ExecuteScalarAsync<long>($"select count(*) from patch_decisions d where {where}", args);
            var rows = (await c.QueryAsync<DecisionRow>(
                $"""
                select d.id, d.org_id, d.patch_id, d.status, d.defer_until, d.note, d.actor_kind, d.actor_id, d.actor_name, d.policy_id,
                  d.assignment_id, d.level, d.target_id, d.approval_version, d.at, {TargetNames.ByNumber("d")} as target_name
                from patch_decisions d where {where}{(after is null ? "" : " and (d.at, d.approval_version, d.id) < (@afterAt, @afterVersion, @afterId)")}
                order by d.at desc, d.approval_version desc, d.id desc limit @limit offset @offset
                """,
                args)).AsList();
            var shown = rows.Take(page.Limit).ToList();
            var next = rows.Count > page.Limit ? Cursors.Encode(shown[^1].Position) : null;
            return page.Answer(shown.ConvertAll(r => r.Shown), total, next);
        });

    private sealed record ApprovalPosition(DateTimeOffset DecidedAt, Guid PatchId, Guid OrgId);

    private sealed record DecisionPosition(DateTimeOffset At, long Version, Guid Id);

    private abstract class DecidedRow
    {
        public Guid OrgId { get; init; }
        public Guid PatchId { get; init; }
        public ApprovalStatus Status { get; init; }
        public DateTimeOffset? DeferUntil { get; init; }
        public string? Note { get; init; }
        public string ActorKind { get; init; } = "";
        public string ActorId { get; init; } = "";
        public string ActorName { get; init; } = "";
        public Guid? PolicyId { get; init; }

        protected DecidedBy By => new(ActorKind, ActorId, ActorName);
    }

    private sealed class ApprovalListRow : DecidedRow
    {
        public DateTimeOffset DecidedAt { get; init; }
        public PatchSource Source { get; init; }
        public string ExternalId { get; init; } = "";
        public string Title { get; init; } = "";
        public PatchSeverity Severity { get; init; }

        public ApprovalPosition Position => new(DecidedAt, PatchId, OrgId);

        public PatchApproval Shown => new(
            PatchId, OrgId, EnumName.Of(Source), ExternalId, Title, EnumName.Of(Severity), EnumName.Of(Status), DeferUntil, Note, By, PolicyId, DecidedAt);
    }

    private sealed class DecisionRow : DecidedRow
    {
        public Guid Id { get; init; }
        public Guid? AssignmentId { get; init; }
        public PolicyLevel? Level { get; init; }
        public Guid? TargetId { get; init; }
        public string? TargetName { get; init; }
        public long ApprovalVersion { get; init; }
        public DateTimeOffset At { get; init; }

        public DecisionPosition Position => new(At, ApprovalVersion, Id);

        public PatchDecision Shown => new(
            Id, PatchId, OrgId, EnumName.Of(Status), DeferUntil, Note, By, PolicyId,
            Level is { } level && TargetId is { } target && AssignmentId is { } assignment ? new DecisionScope(EnumName.Of(level), target, assignment, TargetName) : null,
            At);
    }
}
