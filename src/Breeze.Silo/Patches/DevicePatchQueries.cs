using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Approvals;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>What a list of a device's patches is narrowed by; every member may be null.</summary>
internal sealed record DevicePatchListing(DevicePatchStatus? Status, PatchSource? Source, PatchSeverity? Severity);

/// <summary>Reads a device's patches.</summary>
internal sealed class DevicePatchQueries(IDatabase database, TimeProvider clock)
{
    public Task<Answer<PagedList<PatchOnDevice>>> List(OrgScope scope, Guid device, DevicePatchListing wanted, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchOnDevice>>>(async c =>
        {
            var visible = await c.ExecuteScalarAsync<int?>(
                $"select 1 from devices d where d.id = @device and {scope.Sql("d.org_id")}", new { device, scopeId = scope.Id });
            if (visible is null)
            {
                return Refusal.NotFound("The device");
            }

            var after = Cursors.Decode<DevicePatchPosition>(page.Cursor);
            var arguments = new DynamicParameters(new
            {
                device,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                status = (int?)wanted.Status,
                source = (int?)wanted.Source,
                severity = (int?)wanted.Severity,
                at = after?.ChangedAt,
                after = after?.Id,
                limit = page.Limit + 1,
                offset = page.Offset,
            });
            const string From =
                "device_patches t join org_patches p on p.org_id = t.org_id and p.patch_id = t.patch_id "
                + "left join patch_approvals a on a.org_id = t.org_id and a.patch_id = t.patch_id";
            var where = $"t.device_id = @device and t.status <> {(int)DevicePatchStatus.Gone}"
                + (wanted.Status is null ? "" : " and t.status = @status")
                + (wanted.Source is null ? "" : " and p.source = @source")
                + (wanted.Severity is null ? "" : " and p.severity = @severity");
            var total = await c.ExecuteScalarAsync<long>($"select count(*) from {From} where {where}", arguments);
            var rows = (await c.QueryAsync<Row>(
                $"""
                select t.patch_id, p.source, p.external_id, p.title, p.severity, p.category, t.version, t.current_version, t.status, t.error,
                  t.requires_reboot, t.first_seen_at, t.changed_at, {ApprovalSql.Effective("a")} as approval
                from {From} where {where}{(after is null ? "" : " and (t.changed_at, t.patch_id) < (@at, @after)")}
                order by t.changed_at desc, t.patch_id desc limit @limit offset @offset
                """,
                arguments)).AsList();
            var shown = rows.Take(page.Limit).ToList();
            var next = rows.Count > page.Limit
                ? Cursors.Encode(new DevicePatchPosition(shown[^1].ChangedAt.ToUnixTimeMilliseconds(), shown[^1].PatchId))
                : null;
            return page.Answer([.. shown.Select(r => r.Show())], total, next);
        });

    private sealed record DevicePatchPosition(long ChangedAt, Guid Id);

    private sealed class Row
    {
        public Guid PatchId { get; init; }

        public int Source { get; init; }

        public string ExternalId { get; init; } = "";

        public string Title { get; init; } = "";

        public int Severity { get; init; }

        public string? Category { get; init; }

        public string? Version { get; init; }

        public string? CurrentVersion { get; init; }

        public int Status { get; init; }

        public string? Error { get; init; }

        public bool RequiresReboot { get; init; }

        public DateTimeOffset FirstSeenAt { get; init; }

        public DateTimeOffset ChangedAt { get; init; }

        public int Approval { get; init; }

        public PatchOnDevice Show() => new(
            PatchId, EnumName.Of((PatchSource)Source), ExternalId, Title, EnumName.Of((PatchSeverity)Severity), Category, Version, CurrentVersion,
            EnumName.Of((DevicePatchStatus)Status), EnumName.Of((ApprovalStatus)Approval), Error, RequiresReboot, FirstSeenAt, ChangedAt);
    }
}
