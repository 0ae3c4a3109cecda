using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Deployments;

/// <summary>How a run gets its records: it is the work of one activation, from a version of the row that is its own.</summary>
public sealed partial class DeploymentGrain
{
    public async Task<Answer<InitializeSummary>> Initialize(long? ifMatch, Caller caller)
    {
        if (Check(DeploymentCommand.Initialize, ifMatch) is { } refusal)
        {
            return refusal;
        }

        var draft = _row!;
        var plan = draft.ParsePlan();
        var snapshot = await database.Read(connection => WorkSnapshots.Take(connection, draft.OrgId, StoredPayload.Read(draft.Type, draft.Payload)));
        if (snapshot.Refusal is { } missing)
        {
            return missing;
        }

        var staged = await StageAlone(row => initialization.Stage(row, plan));
        if (staged.Refusal is { } none)
        {
            return none;
        }

        var batches = BatchPlan.For(staged.Value!.Total, plan);
        var gate = Guid.CreateVersion7();
        await Save(
            _row! with
            {
                Stage = Stage.Pending,
                GateId = gate,
                CommandPayload = snapshot.Value!.Command,
                RollbackPayload = snapshot.Value.Rollback,
                OsType = snapshot.Value.OsType,
                AttemptTimeoutMs = (long)(plan.AttemptTimeout ?? snapshot.Value.AttemptTimeout).TotalMilliseconds,
                Total = batches.Total,
                BatchSize = batches.BatchSize,
                ShardSize = batches.ShardSize,
                TotalBatches = batches.TotalBatches,
            },
            "initialize",
            AuditActor.Of(caller),
            tx => CommandGates.Close(tx, gate));
        return staged.Value.Summary;
    }

    // From the first save on another activation's steps fail; this one's do when another has begun since.
    private async Task<T> StageAlone<T>(Func<DeploymentRow, Task<T>> steps)
    {
        await Save(_row!, null, Engine);
        try
        {
            return await steps(_row!);
        }
        catch (VersionConflictException)
        {
            DeactivateOnIdle();
            throw;
        }
    }
}
