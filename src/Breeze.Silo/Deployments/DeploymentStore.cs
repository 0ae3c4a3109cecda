using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>Reads and writes deployment rows. A save checks the version: of two owners, the second is told and reads again.</summary>
public sealed class DeploymentStore(IDatabase database)
{
    internal const string Columns =
        """
        id, org_id, name, type, payload, target_config, rollout_config, stage, paused_reason, paused_by_limit_at, created_by, created_at,
        started_at, completed_at, resumed_at, run, gate_id, command_payload, rollback_payload, attempt_timeout_ms, total, batch_size,
        shard_size, total_batches, current_batch, batch_dispatched_at, next_batch_at, closed_reason, swept, version, revision,
        kind, os_type, policy_id, patch_id, occurrence, scheduled_at, deadline_at
        """;

    public Task<DeploymentRow?> Find(DeploymentId id) => database.Read(connection =>
        connection.QuerySingleOrDefaultAsync<DeploymentRow>($"select {Columns} from deployments where id = @id", new { id }));

    /// <summary>Deployments that something is still to happen to: active, paused, rolling back, or closed and not yet swept.</summary>
    public Task<List<DeploymentId>> Unfinished() => database.Read(async connection =>
        (await connection.QueryAsync<DeploymentId>(
            """
            select id from deployments where stage in (@active, @paused, @rollback)
            union select id from deployments where stage in (@draft, @pending) and kind <> 0
            union select id from deployments where swept = 0
            union select distinct c.deployment_id from deployment_counts c
              join deployments d on d.id = c.deployment_id and d.run = c.run
              where d.stage in (@completed, @failed, @cancelled) and c.running > 0
            """,
            new
            {
                draft = Stage.Draft,
                pending = Stage.Pending,
                active = Stage.Active,
                paused = Stage.Paused,
                rollback = Stage.Rollback,
                completed = Stage.Completed,
                failed = Stage.Failed,
                cancelled = Stage.Cancelled,
            })).AsList());

    /// <summary>Notes when a batch was opened, in the transaction that opens it.</summary>
    public static Task Opened(DbTransaction tx, DeploymentRow row, int batch, DateTimeOffset now) => tx.Connection!.ExecuteAsync(
        "insert into deployment_batches (deployment_id, run, batch, dispatched_at) values (@Id, @Run, @batch, @now)", new { row.Id, row.Run, batch, now }, tx);

    /// <returns>False: its occurrence has a row already, and nothing was inserted.</returns>
    public static async Task<bool> Insert(DbTransaction tx, DeploymentRow row) => await tx.Connection!.ExecuteAsync(
        """
        insert into deployments (id, org_id, name, type, payload, target_config, rollout_config, stage, created_by, created_at,
          kind, policy_id, patch_id, occurrence, scheduled_at, deadline_at)
        values (@Id, @OrgId, @Name, @Type, @Payload, @TargetConfig, @RolloutConfig, @Stage, @CreatedBy, @CreatedAt,
          @Kind, @PolicyId, @PatchId, @Occurrence, @ScheduledAt, @DeadlineAt)
        on conflict do nothing
        """,
        row,
        tx) == 1;

    /// <summary>Writes the whole row if its version is still the one it was read with.</summary>
    /// <returns>The row with its new version.</returns>
    /// <exception cref="VersionConflictException">Another owner has written it: forget this one's state and read again.</exception>
    public static async Task<DeploymentRow> Save(DbTransaction tx, DeploymentRow row)
    {
        var changed = await tx.Connection!.ExecuteAsync(
            """
            update deployments set name = @Name, type = @Type, payload = @Payload, target_config = @TargetConfig,
              rollout_config = @RolloutConfig, stage = @Stage, paused_reason = @PausedReason, paused_by_limit_at = @PausedByLimitAt,
              started_at = @StartedAt, completed_at = @CompletedAt, resumed_at = @ResumedAt, run = @Run, gate_id = @GateId,
              command_payload = @CommandPayload, rollback_payload = @RollbackPayload, attempt_timeout_ms = @AttemptTimeoutMs,
              total = @Total, batch_size = @BatchSize, shard_size = @ShardSize, total_batches = @TotalBatches,
              current_batch = @CurrentBatch, batch_dispatched_at = @BatchDispatchedAt, next_batch_at = @NextBatchAt,
              os_type = @OsType, closed_reason = @ClosedReason, swept = @SweptFlag, version = version + 1, revision = @Revision
            where id = @Id and version = @Version
            """,
            SaveParameters(row),
            tx);
        return changed == 1 ? row with { Version = row.Version + 1 } : throw new VersionConflictException($"Deployment {row.Id} was changed by another owner.");
    }

    /// <summary>Holds the row as it was read until the transaction ends: what belongs to a run is written by who owns it then.</summary>
    /// <exception cref="VersionConflictException">Another owner has written it.</exception>
    public static async Task Hold(DbTransaction tx, DeploymentRow row)
    {
        var held = await tx.Connection!.ExecuteScalarAsync<int?>(
            $"select 1 from deployments where id = @Id and version = @Version{CommandGates.HoldShared(tx)}", new { row.Id, row.Version }, tx);
        if (held is null)
        {
            throw new VersionConflictException($"Deployment {row.Id} was changed by another owner.");
        }
    }

    public static async Task Delete(DbTransaction tx, DeploymentRow row)
    {
        var deleted = await tx.Connection!.ExecuteAsync(
            "delete from deployments where id = @Id and version = @Version and stage = @Draft",
            new { row.Id, row.Version, Draft = Stage.Draft },
            tx);
        if (deleted != 1)
        {
            throw new VersionConflictException($"Deployment {row.Id} was changed by another owner.");
        }
    }

    private static DynamicParameters SaveParameters(DeploymentRow row)
    {
        var parameters = new DynamicParameters(row);
        parameters.Add("SweptFlag", row.Swept ? 1 : 0);
        return parameters;
    }
}
