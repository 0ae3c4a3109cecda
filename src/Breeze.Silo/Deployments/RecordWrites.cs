using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>A record that was changed: what its shard and the console are told.</summary>
[GenerateSerializer, Immutable, Alias("breeze.RecordChanged")]
public sealed record RecordChanged(
    [property: Id(0)] RecordKey Key, [property: Id(1)] DeviceId Device, [property: Id(2)] RecordState State, [property: Id(3)] long Version);

/// <summary>The count row of a shard. Its batch is part of it so that the row is found by a whole key, whichever of its indexes the planner takes.</summary>
internal readonly record struct CountKey(DeploymentId Deployment, int Run, int Batch, int Shard)
{
    public static CountKey Of(RecordKey record, BatchPlan batches) =>
        new(record.Deployment, record.Run, batches.BatchOf(record.Ordinal), batches.ShardOf(record.Ordinal));
}

/// <summary>The set-wide statements that change records and the counts of their shards, for every writer of them.</summary>
internal static class RecordWrites
{
    /// <summary>Writes each record's new state and one version more. <paramref name="checkVersion"/>: only where the version is still the one given.</summary>
    /// <returns>The places that were written.</returns>
    public static async Task<HashSet<RecordKey>> Update(
        DbTransaction tx, IReadOnlyList<(RecordKey Key, RecordState State, long Version)> records, bool checkVersion)
    {
        var sql = $$"""
            with v as ({rows})
            update deployment_devices set status = v.new_status, attempt = v.new_attempt, command_id = v.new_command_id,
              next_attempt_at = v.new_next_attempt_at, timeout_at = v.new_timeout_at, started_at = v.new_started_at,
              completed_at = v.new_completed_at, failure_kind = v.new_failure_kind, failure_key = v.new_failure_key,
              exit_code = v.new_exit_code, skip_reason = v.new_skip_reason, last_word = v.new_last_word,
              version = deployment_devices.version + 1
            from v where deployment_devices.deployment_id = v.in_deployment and deployment_devices.run = v.in_run
              and deployment_devices.ordinal = v.at_ordinal{{(checkVersion ? " and deployment_devices.version = v.at_version" : "")}}
            returning deployment_id, run, ordinal
            """;
        var written = await tx.QueryRows<RecordPlace>(
            sql,
            new Rows()
                .Uuid("in_deployment", [.. records.Select(r => r.Key.Deployment.Value)])
                .Int("in_run", [.. records.Select(r => r.Key.Run)])
                .Int("at_ordinal", [.. records.Select(r => r.Key.Ordinal)])
                .BigInt("at_version", [.. records.Select(r => r.Version)])
                .Int("new_status", [.. records.Select(r => (int)r.State.Status)])
                .Int("new_attempt", [.. records.Select(r => r.State.Attempt)])
                .Uuid("new_command_id", [.. records.Select(r => r.State.CommandId?.Value)])
                .BigInt("new_next_attempt_at", [.. records.Select(r => Ms(r.State.NextAttemptAt))])
                .BigInt("new_timeout_at", [.. records.Select(r => Ms(r.State.TimeoutAt))])
                .BigInt("new_started_at", [.. records.Select(r => Ms(r.State.StartedAt))])
                .BigInt("new_completed_at", [.. records.Select(r => Ms(r.State.CompletedAt))])
                .Int("new_failure_kind", [.. records.Select(r => (int?)r.State.FailureKind)])
                .Text("new_failure_key", [.. records.Select(r => r.State.FailureKey)])
                .Int("new_exit_code", [.. records.Select(r => r.State.ExitCode)])
                .Int("new_skip_reason", [.. records.Select(r => (int?)r.State.SkipReason)])
                .Int("new_last_word", [.. records.Select(r => r.State.IsLastWord ? 1 : 0)]));
        return [.. written.Select(w => w.Key)];
    }

    /// <summary>Adds to the count rows, in the transaction of the records they count. In one order, so that two writers cannot wait for each other.</summary>
    public static async Task Count(DbTransaction tx, IReadOnlyDictionary<CountKey, Totals> deltas, DateTimeOffset now)
    {
        var changed = deltas.Where(d => d.Value != default)
            .OrderBy(d => d.Key.Deployment.Value).ThenBy(d => d.Key.Run).ThenBy(d => d.Key.Shard).ToList();
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update deployment_counts set pending = pending + v.d_pending, retrying = retrying + v.d_retrying,
              running = running + v.d_running, accepted = accepted + v.d_accepted, completed = completed + v.d_completed,
              failed = failed + v.d_failed, skipped = skipped + v.d_skipped, accepted_failures = accepted_failures + v.d_accepted_failures,
              finished_at = case when pending + v.d_pending + running + v.d_running > 0 then null
                when pending + running > 0 then @now else finished_at end
            from v where deployment_counts.deployment_id = v.in_deployment and deployment_counts.run = v.in_run
              and deployment_counts.batch = v.in_batch and deployment_counts.shard = v.in_shard
            """,
            new Rows()
                .Uuid("in_deployment", [.. changed.Select(c => c.Key.Deployment.Value)])
                .Int("in_run", [.. changed.Select(c => c.Key.Run)])
                .Int("in_batch", [.. changed.Select(c => c.Key.Batch)])
                .Int("in_shard", [.. changed.Select(c => c.Key.Shard)])
                .Int("d_pending", [.. changed.Select(c => c.Value.Pending)])
                .Int("d_retrying", [.. changed.Select(c => c.Value.Retrying)])
                .Int("d_running", [.. changed.Select(c => c.Value.Running)])
                .Int("d_accepted", [.. changed.Select(c => c.Value.Accepted)])
                .Int("d_completed", [.. changed.Select(c => c.Value.Completed)])
                .Int("d_failed", [.. changed.Select(c => c.Value.Failed)])
                .Int("d_skipped", [.. changed.Select(c => c.Value.Skipped)])
                .Int("d_accepted_failures", [.. changed.Select(c => c.Value.AcceptedFailures)]),
            new { now });
    }

    public static long? Ms(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds();

    private sealed class RecordPlace
    {
        public DeploymentId DeploymentId { get; init; }

        public int Run { get; init; }

        public int Ordinal { get; init; }

        public RecordKey Key => new(DeploymentId, Run, Ordinal);
    }
}
