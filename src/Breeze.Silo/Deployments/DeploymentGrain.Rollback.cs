using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>Rolling a deployment back: its first run is closed, its rows follow, and a second run takes its place.</summary>
public sealed partial class DeploymentGrain
{
    private async Task<Answer<long>> RollBack(long? ifMatch, Caller caller)
    {
        if ((Check(DeploymentCommand.RollBack, ifMatch) ?? RefuseRollback(_row!)) is { } refusal)
        {
            return refusal;
        }

        var totals = await database.Read(connection => DeploymentTotals.OfRun(connection, Id, 1));
        if (totals.Accepted > 0)
        {
            return StillRunning(totals.Accepted);
        }

        if (totals.Completed == 0)
        {
            return Refusal.Invalid("No device has completed, so there is nothing to roll back.", "status");
        }

        // The first run is closed and its rows follow before the second takes its place: a crash in between leaves a deployment that
        // ends by itself, and can then be rolled back again.
        if (totals.Open > 0 && !_row!.IsClosed)
        {
            await Save(Closed(_row, SkipReason.RolledBack), null, AuditActor.Of(caller), tx => WithdrawGate(tx, _row));
        }

        while (!_row!.Swept)
        {
            await SweepSome();
        }

        // A device may have accepted its command just before the gate was withdrawn.
        if ((await database.Read(connection => DeploymentTotals.OfRun(connection, Id, 1))).Accepted > 0)
        {
            return StillRunning(1);
        }

        var total = await StageAlone(initialization.StageRollback);
        var first = _row;
        var gate = Guid.CreateVersion7();
        await KeepReminder();
        await Save(
            Unpaused(first) with
            {
                Stage = Stage.Rollback,
                Run = 2,
                GateId = gate,
                Total = total,
                CurrentBatch = 0,
                BatchDispatchedAt = null,
                NextBatchAt = null,
                CompletedAt = null,
                ClosedReason = null,
                Swept = true,
                ResumedAt = null,
                StartedAt = clock.GetUtcNow(),
            },
            "rollback",
            AuditActor.Of(caller),
            async tx =>
            {
                await CommandGates.Open(tx, gate);
                await tx.Connection!.ExecuteAsync(
                    """
                    insert into deployment_runs (deployment_id, run, total, batch_size, shard_size, total_batches, current_batch, gate_id)
                    values (@Id, 1, @Total, @BatchSize, @ShardSize, @TotalBatches, @CurrentBatch, @GateId)
                    """,
                    first,
                    tx);
            });
        _ = this.AsReference<IDeploymentGrain>().Proceed();
        return _row.Version;
    }

    private static Refusal StillRunning(int devices) => new(
        RefusalKind.Conflict, $"{devices} devices or more still run the change; roll back when they have ended, or their time is over.");

    internal static Refusal? RefuseRollback(DeploymentRow row) =>
        row.IsRollback ? Refusal.Invalid("This deployment has been rolled back already.", "status")
        : row.RollbackPayload is null ? Refusal.Invalid(row.Type switch
        {
            WorkTypes.Script => "The deployment has no payload.rollbackScriptId, so there is nothing to roll it back with.",
            WorkTypes.Software => "The package has no uninstallCommand, so there is nothing to roll it back with.",
            _ => $"A {row.Type} deployment cannot be rolled back.",
        }, row.Type == WorkTypes.Script ? "payload.rollbackScriptId" : "type")
        : null;
}
