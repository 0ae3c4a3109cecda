using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Live;
using Breeze.Silo.Storage;
using Dapper;
using Orleans.Placement;

namespace Breeze.Silo.Deployments;

/// <inheritdoc cref="IDeploymentGrain"/>
/// <remarks>
/// Operators' commands are here (rolling back in DeploymentGrain.Rollback.cs); what happens by itself is in DeploymentGrain.Advance.cs, what
/// only jobs do in DeploymentGrain.Jobs.cs. Every change is computed, saved with its audit line in one transaction, and only then believed.
/// </remarks>
[GrainType("deployment"), RandomPlacement]
public sealed partial class DeploymentGrain(
    IDatabase database,
    DeploymentStore store,
    Initialization initialization,
    DeploymentBroadcast broadcast,
    LiveChannel live,
    TimeProvider clock,
    ILogger<DeploymentGrain> log) : Grain, IDeploymentGrain, IRemindable
{
    private DeploymentRow? _row;
    private RolloutPlan? _plan;

    private DeploymentId Id => new(this.GetPrimaryKey());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Read();
        if (_row?.StartedAt is not null)
        {
            // What an earlier activation had gathered for those who watch went with it, maybe with its silo.
            broadcast.Missed();
        }
    }

    public Task<Answer<long>> Edit(DeploymentEdit edit, long? ifMatch, Caller caller) => Change(DeploymentCommand.Edit, ifMatch, caller, (row, _) => row with
    {
        Name = edit.Name,
        Type = edit.Type,
        Payload = edit.Payload,
        TargetConfig = edit.TargetConfig,
        RolloutConfig = edit.RolloutConfig,
    });

    public async Task<Answer<long>> Delete(long? ifMatch, Caller caller)
    {
        if (Check(DeploymentCommand.Delete, ifMatch) is { } refusal)
        {
            return refusal;
        }

        var row = _row!;
        await database.Write(async tx =>
        {
            await DeploymentStore.Delete(tx, row);
            await Audit.Write(tx, Line(row, "delete", AuditActor.Of(caller)));
            return true;
        });
        DeactivateOnIdle();
        return row.Version;
    }

    public Task<Answer<long>> Control(DeploymentCommand command, long? ifMatch, Caller caller)
    {
        var now = clock.GetUtcNow();
        return command switch
        {
            DeploymentCommand.Start => Change(command, ifMatch, caller, (row, next) => row with { Stage = next, StartedAt = now }, OpenGate),
            DeploymentCommand.Pause => Change(
                command, ifMatch, caller, (row, next) => row with { Stage = next, PausedReason = $"Paused by {caller.Name}." }, CloseGate),
            DeploymentCommand.Resume => Change(command, ifMatch, caller, (row, next) => Unpaused(row) with { Stage = next, ResumedAt = now }, Accept),
            DeploymentCommand.Cancel => Change(
                command, ifMatch, caller, (row, next) => Closed(Unpaused(row), SkipReason.Cancelled) with { Stage = next, CompletedAt = now }, WithdrawGate),
            DeploymentCommand.RollBack => RollBack(ifMatch, caller),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "Not a command of operators."),
        };

        async Task Accept(System.Data.Common.DbTransaction tx, DeploymentRow row)
        {
            // The failures so far are accepted: limits count from here (contract, section 2).
            await tx.Connection!.ExecuteAsync(
                "update deployment_counts set accepted_failures = failed where deployment_id = @Id and run = @Run and failed > 0", new { row.Id, row.Run }, tx);
            await OpenGate(tx, row);
        }
    }

    public async Task<Answer<RetryOutcome[]>> Retry(int[] ordinals, Caller caller)
    {
        if (Check(DeploymentCommand.RetryDevice, null) is { } refusal)
        {
            return refusal;
        }

        var row = _row!;
        await KeepReminder();
        var terms = new RetryTerms(Lifecycle.HasEnded(row.Stage), row.ResumedAt, caller);
        var outcomes = await Task.WhenAll(ordinals.GroupBy(row.Batches.ShardOf)
            .Select(shard => Shard(shard.Key).Retry([.. shard], terms)));
        _ = this.AsReference<IDeploymentGrain>().Proceed();
        return outcomes.SelectMany(o => o).ToArray();
    }

    public async Task Watch(string silo)
    {
        live.Watch(Id.Value, silo);
        broadcast.Changed(Id);
        await Proceed();
    }

    /// <summary>One command of an operator: refused by the state table, or saved with its audit line.</summary>
    private async Task<Answer<long>> Change(
        DeploymentCommand command,
        long? ifMatch,
        Caller caller,
        Func<DeploymentRow, Stage, DeploymentRow> change,
        Func<System.Data.Common.DbTransaction, DeploymentRow, Task>? also = null)
    {
        if (Check(command, ifMatch) is { } refusal)
        {
            return refusal;
        }

        var row = _row!;
        var next = change(row, Lifecycle.Next(row.Stage, command)!.Value);
        if (command != DeploymentCommand.Edit)
        {
            await KeepReminder();
        }

        await Save(next, command.ToString().ToLowerInvariant(), AuditActor.Of(caller), tx => also?.Invoke(tx, row) ?? Task.CompletedTask);
        if (command == DeploymentCommand.Edit)
        {
            _plan = null;
        }
        else
        {
            _ = this.AsReference<IDeploymentGrain>().Proceed();
        }

        return _row!.Version;
    }

    private Refusal? Check(DeploymentCommand command, long? ifMatch)
    {
        if (_row is not { } row)
        {
            return Refusal.NotFound("The deployment");
        }

        if (ifMatch is { } revision && revision != row.Revision)
        {
            return Hosting.EntityTags.Mismatch("The deployment");
        }

        // A rollback is not pausable, and what is being rolled back is not retried by hand: the table says so.
        return Lifecycle.Apply(row.Stage, command, row.Kind).Refusal;
    }

    /// <summary>Saves the row and, where somebody asked for it or it is a change of lifecycle, its audit line, in one transaction.</summary>
    private async Task Save(DeploymentRow next, string? action, AuditActor actor, Func<System.Data.Common.DbTransaction, Task>? also = null)
    {
        try
        {
            _row = await database.Write(async tx =>
            {
                if (also is not null)
                {
                    await also(tx);
                }

                var saved = await DeploymentStore.Save(tx, action is null ? next : next with { Revision = next.Revision + 1 });
                if (action is not null)
                {
                    await Audit.Write(tx, Line(next, action, actor));
                }

                return saved;
            });
        }
        catch (Exception)
        {
            // Whether it was committed is unknown, so what this activation remembers may be false.
            DeactivateOnIdle();
            throw;
        }

        if (action is not null)
        {
            Log.Changed(log, next.Id, action, next.Stage);
        }

        broadcast.Changed(next.Id);
    }

    private AuditEntry Line(DeploymentRow row, string action, AuditActor actor) => new(
        AuditChain.Org(row.OrgId), clock.GetUtcNow(), actor, $"{Noun(row.Kind)}.{action}", Noun(row.Kind), row.Id.ToString(),
        Details: new { row.Name, stage = row.Stage, row.Run, row.PausedReason });

    /// <summary>What audit lines call it.</summary>
    internal static string Noun(RunKind kind) => kind switch
    {
        RunKind.PatchJob => "patch_job",
        RunKind.PatchRollback => "patch_rollback",
        _ => "deployment",
    };

    private async Task Read()
    {
        _row = await store.Find(Id);
        _plan = null;
    }

    private static DeploymentRow Unpaused(DeploymentRow row) => row with { PausedReason = null, PausedByLimitAt = null };

    private static DeploymentRow Closed(DeploymentRow row, SkipReason reason) => row with { ClosedReason = reason, Swept = false };

    private static Task OpenGate(System.Data.Common.DbTransaction tx, DeploymentRow row) => CommandGates.Open(tx, row.GateId!.Value);

    private static Task CloseGate(System.Data.Common.DbTransaction tx, DeploymentRow row) => CommandGates.Close(tx, row.GateId!.Value);

    private static Task WithdrawGate(System.Data.Common.DbTransaction tx, DeploymentRow row) => CommandGates.Withdraw(tx, row.GateId!.Value);

    private IShardGrain Shard(int shard) => GrainFactory.GetGrain<IShardGrain>(Id.Value, ShardAddress.Extension(_row!.Run, shard));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Deployment {Deployment}: {Action}, now {Stage}")]
        public static partial void Changed(ILogger logger, DeploymentId deployment, string action, Stage stage);

        [LoggerMessage(2, LogLevel.Warning, "Deployment {Deployment}: a step failed; the next tick tries again")]
        public static partial void StepFailed(ILogger logger, DeploymentId deployment, Exception error);
    }
}
