using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>A deployment as read, with the version its ETag names.</summary>
public sealed record ReadDeployment(Deployment Deployment, long Version);

/// <summary>Reads deployments for people: every query takes the caller's scope.</summary>
public sealed class DeploymentQueries(IDatabase database, TimeProvider clock)
{
    private static readonly (DeploymentCommand Command, string Name)[] Offered =
    [
        (DeploymentCommand.Edit, "edit"), (DeploymentCommand.Delete, "delete"), (DeploymentCommand.Initialize, "initialize"), (DeploymentCommand.Start, "start"),
        (DeploymentCommand.Pause, "pause"), (DeploymentCommand.Resume, "resume"), (DeploymentCommand.Cancel, "cancel"), (DeploymentCommand.RollBack, "rollback"),
        (DeploymentCommand.RetryDevice, "retry"),
    ];

    /// <param name="run">Which run's progress: null for the one that is shown.</param>
    public Task<ReadDeployment?> Find(OrgScope scope, DeploymentId id, int? run = null) => database.Read(async connection =>
        await Row(connection, scope, id) is { } row
            ? new ReadDeployment(Show(row, row.Shown(await DeploymentTotals.OfRun(connection, id, run ?? row.Run)), run), row.Revision)
            : null);

    /// <summary>The row itself, if the caller may see it.</summary>
    public Task<DeploymentRow?> FindRow(OrgScope scope, DeploymentId id) => database.Read(connection => Row(connection, scope, id));

    /// <summary>For the live stream, which has checked the scope when it was subscribed to.</summary>
    public async Task<DeploymentProgress?> Progress(DeploymentId id, OrgScope? scope = null)
    {
        var read = scope is null ? await FindRun(id) : (await Find(scope, id))?.Deployment;
        return read is null ? null : new DeploymentProgress(id.Value, read.Status, read.Progress, read.PausedReason, clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    // A patch job too: it is watched by its own name.
    private Task<Deployment?> FindRun(DeploymentId id) => database.Read(async connection =>
        await connection.QuerySingleOrDefaultAsync<DeploymentRow>($"select {DeploymentStore.Columns} from deployments d where d.id = @id", new { id }) is { } row
            ? Show(row, row.Shown(await DeploymentTotals.OfRun(connection, id, row.Run)))
            : null);

    /// <summary>Newest first.</summary>
    /// <param name="before">The last id of the page before; null with an offset.</param>
    internal Task<Answer<(IReadOnlyList<Deployment> Page, long Total)>> List(
        OrgScope scope, Listing wanted, string? status, string? type, int limit, int offset, DeploymentId? before) =>
        database.Read<Answer<(IReadOnlyList<Deployment>, long)>>(async connection =>
    {
        if (await OrgChoice.Refuse(connection, scope, wanted.OrgId) is { } refusal)
        {
            return refusal;
        }

        var stages = status is null ? [] : Display.StagesOf(status);
        var where = $"{scope.Sql("d.org_id")} and d.kind = 0"
            + (wanted.OrgId is null ? "" : " and d.org_id = @OrgId")
            + (wanted.Part is null ? "" : $" and {Searches.Contains("d.name")}")
            + (type is null ? "" : " and d.type = @type")
            + (status is null ? "" : $" and d.stage = @stage{DerivedStatus(status)}");
        var parameters = new { scopeId = scope.Id, wanted.OrgId, part = wanted.Part, type, stage = stages.Count > 0 ? stages[0] : default, status, limit, offset, before };
        var total = await connection.ExecuteScalarAsync<long>($"select count(*) from deployments d where {where}", parameters);
        var rows = (await connection.QueryAsync<DeploymentRow>(
            $"select {DeploymentStore.Columns} from deployments d where {where}{(before is null ? "" : " and d.id < @before")} order by d.id desc limit @limit offset @offset",
            parameters)).AsList();
        var totals = await TotalsOf(connection, rows);
        return ((IReadOnlyList<Deployment>)rows.ConvertAll(row => Show(row, row.Shown(totals.GetValueOrDefault(row.Id)))), total);
    });

    /// <summary>Deployments that a device was or is in, newest first, and how many there are.</summary>
    public Task<(IReadOnlyList<DeploymentRow> Rows, long Total)> OfDevice(OrgScope scope, DeviceId device, int limit, long offset) => database.Read(async connection =>
    {
        var where =
            $"""
            {scope.Sql("d.org_id")} and d.kind = 0 and d.stage <> @draft
              and d.id in (select r.deployment_id from deployment_devices r where r.device_id = @device)
            """;
        var parameters = new { scopeId = scope.Id, device, draft = Stage.Draft, limit, offset };
        var total = await connection.ExecuteScalarAsync<long>($"select count(*) from deployments d where {where}", parameters);
        var rows = await connection.QueryAsync<DeploymentRow>(
            $"select {DeploymentStore.Columns} from deployments d where {where} order by d.id desc limit @limit offset @offset", parameters);
        return ((IReadOnlyList<DeploymentRow>)rows.AsList(), total);
    });

    public Deployment Show(DeploymentRow row, Totals totals, int? run = null) => new()
    {
        Id = row.Id.Value,
        OrgId = row.OrgId.Value,
        Name = row.Name,
        Type = row.Type,
        Payload = JsonSerializer.Deserialize<JsonElement>(row.Payload),
        TargetType = DeploymentJson.Read<TargetConfig>(row.TargetConfig).Type!,
        TargetConfig = DeploymentJson.Read<TargetConfig>(row.TargetConfig),
        RolloutConfig = DeploymentJson.Read<RolloutConfig>(row.RolloutConfig),
        Status = Display.Status(row.Stage, totals, row.CurrentBatch > 0),
        PausedReason = row.PausedReason,
        CreatedBy = row.CreatedBy,
        CreatedAt = row.CreatedAt,
        StartedAt = row.StartedAt,
        CompletedAt = row.CompletedAt,
        Progress = row.Stage == Stage.Draft ? null : ShowProgress(row, totals, run),
        Run = (run ?? row.Run) > 1 ? "rollback" : "rollout",
        Actions = Actions(row),
    };

    private static List<string> Actions(DeploymentRow row) => [.. Offered
        .Where(o => Lifecycle.Next(row.Stage, o.Command) is not null && (o.Command != DeploymentCommand.RollBack || DeploymentGrain.RefuseRollback(row) is null))
        .Select(o => o.Name)];

    private Progress ShowProgress(DeploymentRow row, Totals totals, int? run)
    {
        var isStaggered = row.ParsePlan().Staggered is not null;
        var isCurrentRun = run is null || run == row.Run;
        return new Progress
        {
            Total = totals.All,
            Pending = totals.Pending,
            Running = totals.Running,
            Completed = totals.Completed,
            Failed = totals.Failed,
            Skipped = totals.Skipped,
            Retrying = totals.Retrying,
            CurrentBatch = isStaggered && row.CurrentBatch > 0 && isCurrentRun ? row.CurrentBatch : null,
            TotalBatches = isStaggered ? row.TotalBatches : null,
            PercentComplete = Totals.PercentComplete(totals.Completed, totals.Failed, totals.All),
            NextBatchAt = row.Stage == Stage.Active && isCurrentRun ? row.NextBatchAt : null,
            EtaAt = isCurrentRun ? Display.Eta(row.Stage, totals, row.StartedAt, clock.GetUtcNow()) : null,
        };
    }

    // Only the three states that are derived need their counts; the documents' filter takes every state literally.
    private static string DerivedStatus(string status)
    {
        var totals = "(select coalesce(sum(c.{0}), 0) from deployment_counts c where c.deployment_id = d.id and c.run = d.run)";
        string Sum(string column) => totals.Replace("{0}", column, StringComparison.Ordinal);
        var fresh = $"({Sum("running")} > 0 or d.current_batch = 0 or {Sum("pending")} - {Sum("retrying")} = {Sum("device_count")})";
        return status switch
        {
            "installing" => $" and {Sum("accepted")} > 0",
            "downloading" => $" and {Sum("accepted")} = 0 and {fresh}",
            "running" => $" and {Sum("accepted")} = 0 and not {fresh}",
            _ => "",
        };
    }

    private static async Task<DeploymentRow?> Row(DbConnection connection, OrgScope scope, DeploymentId id) =>
        await connection.QuerySingleOrDefaultAsync<DeploymentRow>(
            $"select {DeploymentStore.Columns} from deployments d where d.id = @id and d.kind = 0 and {scope.Sql("d.org_id")}", new { id, scopeId = scope.Id });

    internal static async Task<Dictionary<DeploymentId, Totals>> TotalsOf(DbConnection connection, IReadOnlyList<DeploymentRow> rows) =>
        (await connection.QueryRows<DeploymentCounts>(
            $$"""
            with v as ({rows})
            select c.deployment_id, {{DeploymentTotals.Sums}}
            from v join deployment_counts c on c.deployment_id = v.deployment and c.run = v.in_run group by c.deployment_id
            """,
            new Rows().Uuid("deployment", [.. rows.Select(r => r.Id.Value)]).Int("in_run", [.. rows.Select(r => r.Run)])))
        .ToDictionary(c => c.DeploymentId, c => c.Totals);

    private sealed class DeploymentCounts
    {
        public DeploymentId DeploymentId { get; init; }

        public int Pending { get; init; }

        public int Retrying { get; init; }

        public int Running { get; init; }

        public int Accepted { get; init; }

        public int Completed { get; init; }

        public int Failed { get; init; }

        public int Skipped { get; init; }

        public Totals Totals => new(Pending, Retrying, Running, Accepted, Completed, Failed, Skipped, 0);
    }
}
