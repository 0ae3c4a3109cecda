using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Deployments;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>One shard's count row.</summary>
public sealed class ShardCounts
{
    public int Shard { get; init; }

    public int Batch { get; init; }

    public int FirstOrdinal { get; init; }

    public int DeviceCount { get; init; }

    public int Pending { get; init; }

    public int Retrying { get; init; }

    public int Running { get; init; }

    public int Accepted { get; init; }

    public int Completed { get; init; }

    public int Failed { get; init; }

    public int Skipped { get; init; }

    public int AcceptedFailures { get; init; }

    public Totals Totals => new(Pending, Retrying, Running, Accepted, Completed, Failed, Skipped, AcceptedFailures);
}

/// <summary>Sums over count rows: a row a thousand devices, so a million is a thousand rows.</summary>
public static class DeploymentTotals
{
    internal const string Sums =
        """
        cast(coalesce(sum(c.pending), 0) as bigint) as pending, cast(coalesce(sum(c.retrying), 0) as bigint) as retrying,
        cast(coalesce(sum(c.running), 0) as bigint) as running, cast(coalesce(sum(c.accepted), 0) as bigint) as accepted,
        cast(coalesce(sum(c.completed), 0) as bigint) as completed, cast(coalesce(sum(c.failed), 0) as bigint) as failed,
        cast(coalesce(sum(c.skipped), 0) as bigint) as skipped, cast(coalesce(sum(c.accepted_failures), 0) as bigint) as accepted_failures
        """;

    public static async Task<Totals> OfRun(DbConnection connection, DeploymentId id, int run) =>
        (await connection.QuerySingleAsync<ShardCounts>(
            $"select {Sums} from deployment_counts c where c.deployment_id = @id and c.run = @run", new { id, run })).Totals;

    public static async Task<Totals> OfBatch(DbConnection connection, DeploymentId id, int run, int batch) =>
        (await connection.QuerySingleAsync<ShardCounts>(
            $"select {Sums} from deployment_counts c where c.deployment_id = @id and c.run = @run and c.batch = @batch",
            new { id, run, batch })).Totals;

    /// <summary>Shards with records left to do, in the batches opened so far.</summary>
    public static async Task<List<int>> OpenShards(DbConnection connection, DeploymentId id, int run, int upToBatch) =>
        (await connection.QueryAsync<int>(
            """
            select shard from deployment_counts
            where deployment_id = @id and run = @run and batch <= @upToBatch and pending + running > 0 order by shard
            """,
            new { id, run, upToBatch })).AsList();

    public static async Task<List<int>> ShardsOfBatch(DbConnection connection, DeploymentId id, int run, int batch) =>
        (await connection.QueryAsync<int>(
            "select shard from deployment_counts where deployment_id = @id and run = @run and batch = @batch and pending > 0 order by shard",
            new { id, run, batch })).AsList();

    /// <summary>Shards of a closed run with records that its closing has skipped and whose rows do not say so yet.</summary>
    public static async Task<List<int>> UnsweptShards(DbConnection connection, DeploymentId id, int run, int most) =>
        (await connection.QueryAsync<int>(
            """
            select shard from deployment_counts
            where deployment_id = @id and run = @run and pending + running - accepted > 0 order by shard limit @most
            """,
            new { id, run, most })).AsList();
}
