using Breeze.Contracts;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Live;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Approvals;

/// <summary>What the console hub asks of approvals.</summary>
internal sealed class ApprovalLiveSource(IDatabase database, TimeProvider clock) : IApprovalLiveSource
{
    public Task<bool> Exists(OrgScope scope, Guid org) => database.Read(async c =>
        await c.ExecuteScalarAsync<long>($"select count(*) from organizations o where o.id = @org and {scope.Sql("o.id")}", new { org, scopeId = scope.Id }) > 0);

    public Task<IReadOnlyList<LiveApproval>> Since(Guid org, DateTimeOffset since, int most) => database.Read(async c =>
        (IReadOnlyList<LiveApproval>)[.. (await c.QueryAsync<Row>(
            $"""
            select a.patch_id, {ApprovalSql.Effective("a")} as status, a.version from patch_approvals a
            where a.org_id = @org and a.version > 0
              and (a.decided_at > @since or (a.status = 4 and a.defer_until > @since and a.defer_until <= @now))
            order by case when a.status = 4 and a.defer_until <= @now then a.defer_until else a.decided_at end desc, a.patch_id limit @most
            """,
            new { org, since, most, now = clock.GetUtcNow() })).Select(r => new LiveApproval(r.PatchId, EnumName.Of(r.Status), r.Version))]);

    private sealed class Row
    {
        public Guid PatchId { get; init; }

        public ApprovalStatus Status { get; init; }

        public long Version { get; init; }
    }
}
