using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>Reads the batches of a deployment that the caller was found to see, from count rows: a page costs as much as its shards.</summary>
public sealed class BatchQueries(IDatabase database, TimeProvider clock)
{
    /// <param name="after">The number of the last batch of the page before, or how many to pass over.</param>
    public Task<(IReadOnlyList<DeploymentBatch> Page, int Total)> List(DeploymentRow row, int run, int after, int limit) =>
        database.Read<(IReadOnlyList<DeploymentBatch>, int)>(async connection =>
        {
            if (await RunOf(connection, row, run) is not { } progress)
            {
                return ([], 0);
            }

            var last = (int)Math.Min((long)after + limit, progress.TotalBatches);
            var rows = (await connection.QueryAsync<BatchRow>(
                $"""
                select c.batch, {DeploymentTotals.Sums}, max(c.finished_at) as finished_at,
                  max((select b.dispatched_at from deployment_batches b where b.deployment_id = c.deployment_id and b.run = c.run and b.batch = c.batch)) as dispatched_at
                from deployment_counts c
                where c.deployment_id = @Id and c.run = @run and c.batch > @after and c.batch <= @last group by c.batch
                """,
                new { row.Id, run, after, last })).ToDictionary(r => r.Batch);
            var now = clock.GetUtcNow();
            return ([.. Enumerable.Range(after + 1, Math.Max(0, last - after)).Select(number => Show(row, run, progress, number, rows.GetValueOrDefault(number), now))],
                progress.TotalBatches);
        });

    private static DeploymentBatch Show(DeploymentRow row, int run, RunRow progress, int number, BatchRow? counted, DateTimeOffset now)
    {
        var isCurrentRun = run == row.Run;
        var rows = counted?.Totals ?? default;
        var totals = isCurrentRun ? row.Shown(rows) : rows;
        var next = isCurrentRun && number == row.CurrentBatch && number < row.TotalBatches && row.Stage is Stage.Active or Stage.Paused ? row.NextBatchAt : null;
        return new DeploymentBatch
        {
            BatchNumber = number,
            Status = BatchDisplay.Status(number <= progress.CurrentBatch, totals, next, now),
            Total = totals.All,
            Pending = totals.Pending,
            Running = totals.Running,
            Completed = totals.Completed,
            Failed = totals.Failed,
            Skipped = totals.Skipped,
            Retrying = totals.Retrying,
            DispatchedAt = counted?.DispatchedAt,
            CompletedAt = rows.Open == 0 ? counted?.FinishedAt : null,
            NextAt = row.Stage == Stage.Active ? next : null,
        };
    }

    private static async Task<RunRow?> RunOf(System.Data.Common.DbConnection connection, DeploymentRow row, int run) =>
        row.Stage == Stage.Draft || run > row.Run ? null
        : run == row.Run ? new RunRow { TotalBatches = row.TotalBatches, CurrentBatch = row.CurrentBatch }
        : await connection.QuerySingleOrDefaultAsync<RunRow>(
            "select total_batches, current_batch from deployment_runs where deployment_id = @Id and run = @run", new { row.Id, run });

    private sealed class RunRow
    {
        public int TotalBatches { get; init; }

        public int CurrentBatch { get; init; }
    }

    private sealed class BatchRow
    {
        public int Batch { get; init; }

        public int Pending { get; init; }

        public int Retrying { get; init; }

        public int Running { get; init; }

        public int Accepted { get; init; }

        public int Completed { get; init; }

        public int Failed { get; init; }

        public int Skipped { get; init; }

        public DateTimeOffset? FinishedAt { get; init; }

        public DateTimeOffset? DispatchedAt { get; init; }

        public Totals Totals => new(Pending, Retrying, Running, Accepted, Completed, Failed, Skipped, 0);
    }
}
