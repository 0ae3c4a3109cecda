using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Jobs;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Deployments;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Jobs;

/// <summary>The states of a patch job, as the documents name them.</summary>
public enum JobStatus
{
    Scheduled = 1,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>Reads patch jobs and their devices: every query takes the caller's scope.</summary>
internal sealed class JobQueries(IDatabase database)
{
    public Task<Answer<PagedList<PatchJob>>> List(OrgScope scope, Listing wanted, Guid? policyId, JobStatus? status, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchJob>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal)
            {
                return refusal;
            }

            var list = new NewestFirst(DeploymentStore.Columns, "deployments d", "d").Within(scope, wanted.OrgId).Where("d.kind = 1").Named(wanted.Part);
            list = policyId is null ? list : list.Where("d.policy_id = @policyId", new { policyId });
            list = status is null ? list : list.Where($"d.stage in ({string.Join(", ", StagesOf(status.Value).Select(s => (int)s))})");
            return await list.Read<DeploymentRow, PatchJob, JobPosition>(
                c,
                page,
                async rows =>
                {
                    var totals = await DeploymentQueries.TotalsOf(c, rows);
                    var policies = await PolicyNames(c, rows);
                    return [.. rows.Select(row => Show(row, totals.GetValueOrDefault(row.Id), policies))];
                },
                row => new JobPosition(row.Id.Value));
        });

    public Task<PatchJob?> Find(OrgScope scope, Guid id) => database.Read(async c =>
        await Row(c, scope, id, RunKind.PatchJob) is { } row
            ? Show(row, await DeploymentTotals.OfRun(c, row.Id, 1), await PolicyNames(c, [row])) : null);

    /// <summary>The row itself, if the caller may see it.</summary>
    public Task<DeploymentRow?> FindRow(OrgScope scope, Guid id, RunKind kind) => database.Read(c => Row(c, scope, id, kind));

    /// <summary>A job's devices by hostname and id, each patch by patch.</summary>
    public Task<PagedList<PatchJobResult>> Results(DeploymentRow job, DeviceRecordStatus? status, NumberedPage page) => database.Read(async c =>
    {
        var isUnswept = job is { IsClosed: true, Swept: false };
        var after = Cursors.Decode<ResultPosition>(page.Cursor)?.Ordinal ?? -1;
        var rows = (await c.QueryAsync<ResultRow>(
            $"""
            select d.ordinal, d.device_id, d.hostname, d.status, d.skip_reason, d.failure_kind, d.started_at, d.completed_at,
              k.state as command_state, k.error, k.data, k.left_out, p.body as payload
            from deployment_devices d left join device_commands k on k.id = d.command_id left join command_payloads p on p.id = k.payload_id
            where d.deployment_id = @Id and d.run = 1 and d.ordinal > @after
              {(status is null ? "" : isUnswept
                  ? "and case when d.status = 1 or (d.status = 2 and coalesce(k.state, 0) <> 3) then 5 else d.status end = @status"
                  : "and d.status = @status")}
            order by d.ordinal limit @limit offset @Offset
            """,
            new { job.Id, after, status = (int?)status, limit = page.Limit + 1, page.Offset })).AsList();
        var totals = job.Shown(await DeploymentTotals.OfRun(c, job.Id, 1));
        var shown = rows.Take(page.Limit).ToList();
        return page.Answer(
            shown.ConvertAll(r => r.Show(isUnswept ? job.ClosedReason : null)),
            totals.Of(status),
            rows.Count > page.Limit ? Cursors.Encode(new ResultPosition(shown[^1].Ordinal)) : null);
    });

    public static JobStatus StatusOf(Stage stage) => stage switch
    {
        Stage.Draft or Stage.Pending => JobStatus.Scheduled,
        Stage.Completed => JobStatus.Completed,
        Stage.Failed => JobStatus.Failed,
        Stage.Cancelled => JobStatus.Cancelled,
        _ => JobStatus.Running,
    };

    private static IEnumerable<Stage> StagesOf(JobStatus status) => Enum.GetValues<Stage>().Where(stage => StatusOf(stage) == status);

    private static Task<DeploymentRow?> Row(SqlSource source, OrgScope scope, Guid id, RunKind kind) => source.First<DeploymentRow>(
        $"select {DeploymentStore.Columns} from deployments d where d.id = @id and d.kind = @kind and {scope.Sql("d.org_id")}",
        new { id, kind, scopeId = scope.Id });

    private static async Task<IReadOnlyDictionary<Guid, string>> PolicyNames(SqlSource source, IReadOnlyList<DeploymentRow> rows) =>
        (await source.QueryRows<NamedRow>(
            "select p.id, p.name from ({rows}) v cross join configuration_policies p where p.id = v.policy",
            new Rows().Uuid("policy", [.. rows.Select(r => r.PolicyId).OfType<Guid>().Distinct()]))).ToDictionary(p => p.Id, p => p.Name);

    private static PatchJob Show(DeploymentRow row, Totals rows, IReadOnlyDictionary<Guid, string> policies)
    {
        var totals = row.Shown(rows);
        var terms = DeploymentJson.Read<JobTerms>(row.Payload);
        return new PatchJob(
            row.Id.Value,
            row.OrgId.Value,
            row.Name,
            EnumName.Of(StatusOf(row.Stage)),
            row.PolicyId,
            [.. terms.Sources.Select(EnumName.Of)],
            EnumName.Of(terms.Reboot),
            totals.All,
            totals.Completed + totals.Failed + totals.Skipped,
            totals.Failed,
            totals.Skipped,
            totals.Open,
            row.CreatedBy,
            row.CreatedAt,
            row.ScheduledAt!.Value,
            row.StartedAt,
            row.CompletedAt,
            row.DeadlineAt!.Value,
            row.PolicyId is { } policy ? policies.GetValueOrDefault(policy) : null);
    }

    private sealed record JobPosition(Guid Id) : ListPosition(Id);

    private sealed record ResultPosition(int Ordinal);

    private sealed class NamedRow
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";
    }

    private sealed class ResultRow
    {
        public int Ordinal { get; init; }

        public Guid DeviceId { get; init; }

        public string Hostname { get; init; } = "";

        public DeviceRecordStatus Status { get; init; }

        public SkipReason? SkipReason { get; init; }

        public FailureKind? FailureKind { get; init; }

        public DateTimeOffset? StartedAt { get; init; }

        public DateTimeOffset? CompletedAt { get; init; }

        public CommandState? CommandState { get; init; }

        public string? Error { get; init; }

        public string? Data { get; init; }

        public string? LeftOut { get; init; }

        public string? Payload { get; init; }

        public PatchJobResult Show(SkipReason? closing)
        {
            var isClosed = closing is not null
                && (Status == DeviceRecordStatus.Pending || (Status == DeviceRecordStatus.Running && CommandState != Agents.CommandState.Accepted));
            return new PatchJobResult(
                DeviceId,
                Hostname,
                isClosed ? DeviceRecordStatus.Skipped : Status,
                isClosed ? closing : SkipReason,
                FailureKind,
                FailureKind is null ? null : Error,
                StartedAt,
                CompletedAt,
                AttemptPatches.Show(Payload, LeftOut, Data, CommandState == Agents.CommandState.Done) ?? []);
        }
    }
}
