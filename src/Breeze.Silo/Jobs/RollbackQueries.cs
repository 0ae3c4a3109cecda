using System.Data.Common;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Jobs;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Deployments;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Jobs;

/// <summary>The states of one device's part of a rollback.</summary>
public enum RollbackStatus
{
    Pending = 1,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>What a list of rollback records is narrowed to; null for no condition.</summary>
/// <param name="Part">A <see cref="Searches.Pattern"/> of the hostname.</param>
internal sealed record RollbackFilter(Guid? OrgId, Guid? PatchId, Guid? DeviceId, Guid? RollbackId, RollbackStatus? Status, string? Part);

/// <summary>Whom a rollback reaches, by organization; null devices: everyone there who has the patch.</summary>
internal sealed record RollbackPlan(IReadOnlyList<(OrgId Org, IReadOnlyList<DeviceId>? Devices)> Orgs, IReadOnlyList<Guid> Failed, SkippedTargets Skipped)
{
    public static async Task<RollbackPlan> For(DbConnection connection, OrgScope scope, Guid patch, IReadOnlyList<Guid> ids)
    {
        var found = await DevicesOfRequest.Find(connection, scope, ids);
        var candidates = found.Usable.SelectMany(org => org).ToArray();
        var installed = (await connection.QueryRows<DeviceId>(
            "select t.device_id from ({rows}) v cross join device_patches t where t.device_id = v.device and t.patch_id = v.patch and t.status = 2",
            new Rows().Uuid("device", [.. candidates.Select(d => d.Value)]).Uuid("patch", [.. candidates.Select(_ => patch)]))).ToHashSet();
        return new RollbackPlan(
            [.. found.Usable.Select(org => (org.Key, (IReadOnlyList<DeviceId>?)[.. org.Where(installed.Contains)])).Where(o => o.Item2!.Count > 0)],
            [.. found.OutOfService, .. candidates.Where(d => !installed.Contains(d)).Select(d => d.Value)],
            new SkippedTargets(found.Missing, found.Inaccessible));
    }
}

/// <summary>Reads rollbacks device by device: every query takes the caller's scope.</summary>
internal sealed class RollbackQueries(IDatabase database)
{
    // A run that was cancelled shows so at once, before its rows have followed.
    private const string Status =
        """
        case when d.stage = 7 and d.swept = 0 and (r.status = 1 or (r.status = 2 and coalesce(c.state, 0) <> 3)) then 5
          when r.status = 5 and r.skip_reason = 4 then 5 when r.status = 5 then 4 else r.status end
        """;

    private const string From =
        """
        from deployments d join deployment_devices r on r.deployment_id = d.id and r.run = 1 left join device_commands c on c.id = r.command_id
        """;

    /// <summary>The caller's organizations whose devices have ever reported the patch.</summary>
    public static Task<IReadOnlyList<OrgId>> OrgsOf(SqlSource source, OrgScope scope, Guid patch) => source.Query<OrgId>(
        $"select p.org_id from org_patches p where p.patch_id = @patch and {scope.Sql("p.org_id")} order by p.org_id", new { patch, scopeId = scope.Id });

    /// <summary>The ids of the first commands of these runs: a record's first command has the record's id.</summary>
    public static Task<IReadOnlyList<Guid>> Commands(SqlSource source, IReadOnlyList<Guid> runs, int most) => source.QueryRows<Guid>(
        "select r.id from ({rows}) v cross join deployment_devices r where r.deployment_id = v.in_deployment and r.run = 1 order by r.deployment_id, r.ordinal limit @most",
        new Rows().Uuid("in_deployment", [.. runs]),
        new { most });

    /// <summary>Newest rollback first, its devices by hostname.</summary>
    public Task<Answer<PagedList<PatchRollback>>> List(OrgScope scope, RollbackFilter filter, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchRollback>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, filter.OrgId) is { } refusal)
            {
                return refusal;
            }

            var where = $"d.kind = 2 and {scope.Sql("d.org_id")}"
                + (filter.OrgId is null ? "" : " and d.org_id = @OrgId")
                + (filter.PatchId is null ? "" : " and d.patch_id = @PatchId")
                + (filter.DeviceId is null ? "" : " and r.device_id = @DeviceId")
                + (filter.RollbackId is null ? "" : " and d.id = @RollbackId")
                + (filter.Status is null ? "" : $" and {Status} = @status")
                + (filter.Part is null ? "" : $" and {Searches.Contains("r.hostname")}");
            var after = Cursors.Decode<RollbackPosition>(page.Cursor);
            var place = after is null ? "" : " and (d.id < @afterRun or (d.id = @afterRun and r.ordinal > @afterOrdinal))";
            var args = new
            {
                scopeId = scope.Id,
                filter.OrgId,
                filter.PatchId,
                filter.DeviceId,
                filter.RollbackId,
                status = (int?)filter.Status,
                part = filter.Part,
                afterRun = after?.Run,
                afterOrdinal = after?.Ordinal,
                limit = page.Limit + 1,
                page.Offset,
            };
            var total = await c.ExecuteScalarAsync<long>($"select count(*) {From} where {where}", args);
            var rows = (await c.QueryAsync<ListedRollback>(
                $"""
                select r.id, d.id as rollback_id, d.org_id, r.ordinal, r.device_id, r.hostname, d.patch_id, {Status} as status, d.payload,
                  r.skip_reason, c.error, c.data, d.created_by, d.created_at, d.scheduled_at, r.started_at, r.completed_at,
                  (select p.title from org_patches p where p.org_id = d.org_id and p.patch_id = d.patch_id) as patch_title
                {From} where {where}{place} order by d.id desc, r.ordinal limit @limit offset @Offset
                """,
                args)).AsList();
            var shown = rows.Take(page.Limit).ToList();
            return page.Answer(
                shown.ConvertAll(r => r.Show()),
                total,
                rows.Count > page.Limit ? Cursors.Encode(new RollbackPosition(shown[^1].RollbackId, shown[^1].Ordinal)) : null);
        });

    private sealed record RollbackPosition(Guid Run, int Ordinal);

    private sealed class ListedRollback
    {
        public Guid Id { get; init; }

        public Guid RollbackId { get; init; }

        public Guid OrgId { get; init; }

        public int Ordinal { get; init; }

        public Guid DeviceId { get; init; }

        public string Hostname { get; init; } = "";

        public Guid PatchId { get; init; }

        public RollbackStatus Status { get; init; }

        public string Payload { get; init; } = "{}";

        public SkipReason? SkipReason { get; init; }

        public string? Error { get; init; }

        public string? Data { get; init; }

        public string CreatedBy { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset ScheduledAt { get; init; }

        public DateTimeOffset? StartedAt { get; init; }

        public DateTimeOffset? CompletedAt { get; init; }

        public string? PatchTitle { get; init; }

        public PatchRollback Show() => new(
            Id,
            RollbackId,
            OrgId,
            DeviceId,
            Hostname,
            PatchId,
            EnumName.Of(Status),
            DeploymentJson.Read<RollbackReason>(Payload).Reason,
            Status == RollbackStatus.Failed ? Why : null,
            CreatedBy,
            CreatedAt,
            ScheduledAt,
            StartedAt,
            CompletedAt,
            PatchTitle);

        // The device's own word for this patch before its word for the whole command.
        private string? Why => PatchReports.Read(Data).FirstOrDefault(r => r.Id == PatchId)?.Error
            ?? Error
            ?? SkipReason switch
            {
                Contracts.Deployments.SkipReason.Offline => "The device did not come in time.",
                Contracts.Deployments.SkipReason.NotApplicable => "The patch is not installed there any more.",
                Contracts.Deployments.SkipReason.Decommissioned => "The device was taken out of service.",
                _ => null,
            };
    }
}
