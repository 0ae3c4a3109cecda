using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>What a list of device records is narrowed by; every member may be null.</summary>
/// <param name="Part">A <see cref="Searches.Pattern"/> of the hostname or the display name.</param>
public sealed record RecordFilter(DeviceRecordStatus? Status, int? Batch, string? Part);

/// <summary>Reads device records of a deployment that the caller was found to see: pages by index, totals from count rows.</summary>
public sealed class RecordQueries(IDatabase database, IGrainFactory grains)
{
    private const string Columns =
        """
        d.id, d.deployment_id, d.run, d.ordinal, d.device_id, d.hostname, d.display_name, d.status, d.attempt, d.next_attempt_at, d.started_at,
        d.completed_at, d.failure_kind, d.skip_reason, c.state as command_state, c.outcome, c.exit_code, c.output, c.error, c.duration_ms,
        c.data, c.left_out, p.body as patches_payload
        """;

    // Only commands of patches are shown with what they carried.
    private const string PayloadOf = "left join command_payloads p on p.id = c.payload_id and c.type in ('install_patches', 'rollback_patches')";

    private const string From =
        $"from deployment_devices d left join device_commands c on c.id = d.command_id {PayloadOf} where d.deployment_id = @Id and d.run = @run";

    /// <summary>By batch, hostname, id: by ordinal.</summary>
    /// <param name="after">The last ordinal of the page before; -1 for the first.</param>
    public Task<(IReadOnlyList<DeviceRecord> Page, int Last, long Total)> List(
        DeploymentRow row, int run, RecordFilter filter, int limit, int offset, int after) => database.Read(async connection =>
    {
        var batches = await BatchesOf(connection, row, run);
        var isUnswept = run == row.Run && row is { IsClosed: true, Swept: false };
        var where = (filter.Status is { } status ? StatusIs(status, isUnswept) : "")
            + (filter.Batch is null ? "" : " and d.ordinal >= @first and d.ordinal < @first + @BatchSize")
            + (filter.Part is null ? "" : $" and ({Searches.Contains("d.hostname")} or {Searches.Contains("d.display_name")})");
        var first = filter.Batch is { } number ? (long)(number - 1) * batches.BatchSize : 0;
        var arguments = new { row.Id, run, status = (int?)filter.Status, first, batches.BatchSize, part = filter.Part, after, limit, offset };
        var rows = (await connection.QueryAsync<ListedRow>(
            $"select {Columns} {From}{where} and d.ordinal > @after order by d.ordinal limit @limit offset @offset", arguments)).AsList();
        var total = filter.Part is null
            ? await Total(connection, row, run, filter, isUnswept)
            : await connection.ExecuteScalarAsync<long>($"select count(*) {Counted(isUnswept)}{where}", arguments);
        var plan = row.ParsePlan();
        var earlier = await EarlierResults(connection, row, run, rows);
        return (
            (IReadOnlyList<DeviceRecord>)rows.ConvertAll(r => r.Show(batches, plan, isUnswept ? row.ClosedReason : null, earlier.GetValueOrDefault(r.Ordinal))),
            rows.Count == 0 ? after : rows[^1].Ordinal,
            total);
    });

    private static async Task<long> Total(System.Data.Common.DbConnection connection, DeploymentRow row, int run, RecordFilter filter, bool isUnswept)
    {
        var totals = filter.Batch is { } only
            ? await DeploymentTotals.OfBatch(connection, row.Id, run, only)
            : await DeploymentTotals.OfRun(connection, row.Id, run);
        return (isUnswept ? totals.AfterClosing() : totals).Of(filter.Status);
    }

    /// <summary>One record with its attempts, oldest first; null when the device is not among the targets.</summary>
    public Task<DeviceRecord?> Find(DeploymentRow row, int run, DeviceId device) => database.Read(async connection =>
    {
        var found = await connection.QuerySingleOrDefaultAsync<ListedRow>(
            $"select {Columns} {From} and d.device_id = @device", new { row.Id, run, device });
        if (found is null)
        {
            return null;
        }

        var origin = Origin(row.Id, run, found.Ordinal);
        var attempts = await connection.QueryAsync<AttemptRow>(
            $"""
            select c.id, c.attempt, c.state, c.outcome, c.sent_at, c.accepted_at, c.ended_at, c.late, c.exit_code, c.output, c.error, c.duration_ms,
              c.data, c.left_out, p.body as patches_payload
            from device_commands c {PayloadOf} where c.device_id = @device and c.origin = @origin order by c.attempt, c.id
            """,
            new { device, origin });
        var isUnswept = run == row.Run && row is { IsClosed: true, Swept: false };
        var record = found.Show(await BatchesOf(connection, row, run), row.ParsePlan(), isUnswept ? row.ClosedReason : null);
        var shown = attempts.Select(a => a.Show()).ToList();
        return record with { Attempts = shown, Result = record.Result ?? shown.FindLast(a => a is { Result: not null, Late: false })?.Result };
    });

    /// <summary>Where devices stand in a run: ordinals by device.</summary>
    public Task<IReadOnlyDictionary<DeviceId, int>> Ordinals(DeploymentRow row, IReadOnlyList<DeviceId> devices) => database.Read(async connection =>
        (IReadOnlyDictionary<DeviceId, int>)(await connection.QueryRows<PlaceRow>(
            """
            with v as ({rows})
            select d.device_id, d.ordinal from v
            join deployment_devices d on d.device_id = v.device and d.deployment_id = v.in_deployment and d.run = v.in_run
            """,
            Whole(row, row.Run, devices.Select(d => d.Value).Distinct().ToArray(), (rows, ids) => rows.Uuid("device", ids)))).ToDictionary(p => p.DeviceId, p => p.Ordinal));

    /// <summary>Failed devices that say the same, at most 1,000.</summary>
    public Task<IReadOnlyDictionary<DeviceId, int>> OrdinalsOfFailure(DeploymentRow row, string failureKey, int most) => database.Read(async connection =>
        (IReadOnlyDictionary<DeviceId, int>)(await connection.QueryAsync<PlaceRow>(
            """
            select device_id, ordinal from deployment_devices
            where deployment_id = @Id and run = @Run and status = @failed and failure_key = @failureKey order by ordinal limit @most
            """,
            new { row.Id, row.Run, failed = DeviceRecordStatus.Failed, failureKey, most })).ToDictionary(p => p.DeviceId, p => p.Ordinal));

    /// <summary>Failures grouped by what they say, most frequent first, at most 200 groups.</summary>
    public Task<IReadOnlyList<FailureGroup>> Failures(DeploymentRow row, int run) => database.Read(async connection =>
    {
        var groups = (await connection.QueryAsync<GroupRow>(
            """
            select failure_key, failure_kind, exit_code, count(*) as devices, min(ordinal) as sample_ordinal
            from deployment_devices where deployment_id = @Id and run = @run and status = @failed
            group by failure_key, failure_kind, exit_code order by count(*) desc, failure_key limit 200
            """,
            new { row.Id, run, failed = DeviceRecordStatus.Failed })).AsList();
        var samples = (await connection.QueryRows<SampleRow>(
            """
            with v as ({rows})
            select d.ordinal, c.error, c.output from v
            join deployment_devices d on d.deployment_id = v.in_deployment and d.run = v.in_run and d.ordinal = v.at_ordinal
            left join device_commands c on c.id = d.command_id
            """,
            Whole(row, run, groups.Select(g => g.SampleOrdinal).ToArray(), (rows, ordinals) => rows.Int("at_ordinal", ordinals)))).ToDictionary(s => s.Ordinal);
        return (IReadOnlyList<FailureGroup>)groups.ConvertAll(g => new FailureGroup(
            g.FailureKey ?? "", g.FailureKind, g.ExitCode, (int)g.Devices, samples.GetValueOrDefault(g.SampleOrdinal)?.Text(g.FailureKind) ?? ""));
    });

    // A record whose latest attempt has not ended shows what the one before it said.
    private async Task<Dictionary<int, AttemptResult>> EarlierResults(
        System.Data.Common.DbConnection connection, DeploymentRow row, int run, List<ListedRow> rows)
    {
        var retried = rows.Where(r => r.Attempt > 1 && r.CommandState != CommandState.Done)
            .ToDictionary(r => Origin(row.Id, run, r.Ordinal), r => r, StringComparer.Ordinal);
        var ended = await connection.QueryRows<AttemptRow>(
            $$"""
            select c.origin, c.attempt, c.state, c.outcome, c.exit_code, c.output, c.error, c.duration_ms, c.data, c.left_out, p.body as patches_payload
            from ({rows}) v cross join device_commands c {{PayloadOf}} where c.device_id = v.device and c.origin = v.by_origin and c.state = 4
            """,
            new Rows().Uuid("device", [.. retried.Values.Select(r => r.DeviceId)]).Text("by_origin", [.. retried.Keys]));
        return ended.GroupBy(e => e.Origin, StringComparer.Ordinal)
            .ToDictionary(e => retried[e.Key].Ordinal, e => e.MaxBy(a => a.Attempt)!.Show().Result!);
    }

    private string Origin(DeploymentId deployment, int run, int ordinal) =>
        grains.GetGrain<IDeviceDeploymentGrain>(deployment.Value, new RecordKey(deployment, run, ordinal).Extension).GetGrainId().ToString();

    private static async Task<BatchPlan> BatchesOf(System.Data.Common.DbConnection connection, DeploymentRow row, int run) =>
        run == row.Run ? row.Batches : await connection.QuerySingleOrDefaultAsync<PlanRow>(
            "select total, batch_size, shard_size from deployment_runs where deployment_id = @Id and run = @run", new { row.Id, run }) is { } earlier
            ? new BatchPlan(earlier.Total, earlier.BatchSize, earlier.ShardSize)
            : row.Batches;

    // The whole key comes with the rows: with a constant in it, SQLite would rather walk the run than look each row up.
    private static Rows Whole<T>(DeploymentRow row, int run, T[] keys, Func<Rows, T[], Rows> add) => add(
        new Rows().Uuid("in_deployment", [.. keys.Select(_ => row.Id.Value)]).Int("in_run", [.. keys.Select(_ => run)]), keys);

    // Until its rows have followed, a closed run's records without an accepted command count as skipped.
    private static string StatusIs(DeviceRecordStatus status, bool isUnswept) => (isUnswept, status) switch
    {
        (false, _) or (_, DeviceRecordStatus.Completed or DeviceRecordStatus.Failed) => " and d.status = @status",
        (_, DeviceRecordStatus.Pending) => " and 1 = 0",
        (_, DeviceRecordStatus.Running) => " and d.status = @status and c.state = 3",
        _ => " and (d.status in (1, 5) or (d.status = 2 and coalesce(c.state, 0) <> 3))",
    };

    // A count asks for commands only where a record's state depends on its command.
    private static string Counted(bool isUnswept) =>
        $"from deployment_devices d {(isUnswept ? "left join device_commands c on c.id = d.command_id" : "")} where d.deployment_id = @Id and d.run = @run";

    private sealed class PlaceRow
    {
        public DeviceId DeviceId { get; init; }

        public int Ordinal { get; init; }
    }

    private sealed class PlanRow
    {
        public int Total { get; init; }

        public int BatchSize { get; init; }

        public int ShardSize { get; init; }
    }

    private sealed class GroupRow
    {
        public string? FailureKey { get; init; }

        public FailureKind FailureKind { get; init; }

        public int? ExitCode { get; init; }

        public long Devices { get; init; }

        public int SampleOrdinal { get; init; }
    }

    private sealed class SampleRow
    {
        private const int Longest = 2_000;

        public int Ordinal { get; init; }

        public string? Error { get; init; }

        public string? Output { get; init; }

        public string Text(FailureKind kind)
        {
            var text = FailureText.Said(kind, Error, Output);
            return text.Length <= Longest ? text : text[^Longest..];
        }
    }
}
