using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Deployments;

/// <summary>What is a job's own: it stages its devices and starts by itself. From then on it is a run like any other.</summary>
public sealed partial class DeploymentGrain
{
    private static readonly TimeSpan JobAttemptTimeout = TimeSpan.FromMinutes(120);

    /// <returns>How many devices it has; a job with none is gone again.</returns>
    public async Task<Answer<int>> Begin()
    {
        if (_row is null)
        {
            await Read();
        }

        if (_row is not { Kind: not RunKind.Deployment })
        {
            return Refusal.NotFound("The job");
        }

        await KeepReminder();
        await StageJob();
        if (_row is not { } row)
        {
            await DropReminder();
            return 0;
        }

        _ = this.AsReference<IDeploymentGrain>().Proceed();
        return row.Total;
    }

    /// <summary>Takes up what <see cref="Begin"/> or a clock has left: a job that is not staged yet, or whose time has come.</summary>
    private async Task AdvanceJob()
    {
        if (_row is not { Kind: not RunKind.Deployment, Stage: Stage.Draft or Stage.Pending })
        {
            return;
        }

        await KeepReminder();
        await StageJob();
        if (_row is not { Stage: Stage.Pending } row)
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (row.ScheduledAt > now)
        {
            SetTimer(row.ScheduledAt.Value);
            return;
        }

        await Save(row with { Stage = Stage.Active, StartedAt = now }, "start", Engine, tx => OpenGate(tx, row));
    }

    private async Task StageJob()
    {
        if (_row is not { Stage: Stage.Draft } draft)
        {
            return;
        }

        var plan = draft.ParsePlan();
        var total = await StageAlone(owned => initialization.StageJob(owned, plan));
        var row = _row;
        if (total == 0)
        {
            await database.Write(async tx =>
            {
                await DeploymentStore.Delete(tx, row);
                return true;
            });
            _row = null;
            DeactivateOnIdle();
            return;
        }

        var batches = BatchPlan.For(total, plan);
        var gate = Guid.CreateVersion7();
        var patch = row.PatchId is { } id ? $"[\"{id}\"]" : null;
        await Save(
            row with
            {
                Stage = Stage.Pending,
                GateId = gate,
                CommandPayload = patch ?? "[]",
                AttemptTimeoutMs = (long)(plan.AttemptTimeout ?? JobAttemptTimeout).TotalMilliseconds,
                Total = batches.Total,
                BatchSize = batches.BatchSize,
                ShardSize = batches.ShardSize,
                TotalBatches = batches.TotalBatches,
            },
            null,
            Engine,
            tx => CommandGates.Close(tx, gate));
    }
}
