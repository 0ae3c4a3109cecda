using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Deployments;

/// <summary>What a deployment does by itself. Ticks, timers, shards' news and operators' commands all end in the same <see cref="Advance"/>.</summary>
public sealed partial class DeploymentGrain
{
    private const string ReminderName = "rollout";

    // Shards woken in one turn: a million devices are a thousand shards, and an operator's call comes between any two turns.
    private const int ShardsAtOnce = 4;

    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan NewsInterval = TimeSpan.FromMilliseconds(200);
    private static readonly AuditActor Engine = AuditActor.System("rollout");

    private readonly Queue<int> _toWake = new();
    private IGrainTimer? _timer;
    private IGrainReminder? _reminder;
    private DateTimeOffset _advancedAt = DateTimeOffset.MinValue;
    private bool _isProceeding;

    public Task ReceiveReminder(string reminderName, TickStatus status) => Wake();

    public async Task Wake()
    {
        // Another activation, or a sweep over many rows, may have written since: the tick believes nothing it remembers.
        await Read();
        if (_row is null)
        {
            await DropReminder();
            return;
        }

        await EnqueueOpenShards();
        await Proceed();
    }

    public async Task ShardChanged(ShardNews news)
    {
        if (_row is null)
        {
            return;
        }

        broadcast.Add(Id, news);
        var now = clock.GetUtcNow();
        if (now - _advancedAt >= NewsInterval)
        {
            await Proceed();
        }
        else
        {
            SetTimer(_advancedAt + NewsInterval);
        }
    }

    public async Task Proceed()
    {
        try
        {
            _advancedAt = clock.GetUtcNow();
            await Advance();
            await WakeSome();
            if (_row is { Swept: false })
            {
                await SweepSome();
            }
        }
        catch (Exception error) when (error is not Orleans.Storage.InconsistentStateException)
        {
            // Nothing is lost: everything that is to happen follows from the rows, and the next tick looks at them.
            Log.StepFailed(log, Id, error);
            SetTimer(clock.GetUtcNow() + TimeSpan.FromSeconds(3));
            return;
        }

        if (await broadcast.Flush(Id) is { } due)
        {
            SetTimer(due);
        }

        if (_toWake.Count > 0 || _row is { Swept: false })
        {
            // A turn of its own each time, so that a pause or cancel finds its way in between.
            if (!_isProceeding)
            {
                _isProceeding = true;
                _ = this.AsReference<IDeploymentGrain>().Continue();
            }
        }
    }

    public Task Continue()
    {
        _isProceeding = false;
        return Proceed();
    }

    /// <summary>Takes every step that is due: each is decided from the rows, saved, and then looked at anew.</summary>
    private async Task Advance()
    {
        await AdvanceJob();
        while (_row is { Stage: not (Stage.Draft or Stage.Pending) } row)
        {
            _plan ??= row.ParsePlan();
            var (run, batch) = await database.Read(async connection => (
                await DeploymentTotals.OfRun(connection, row.Id, row.Run),
                await DeploymentTotals.OfBatch(connection, row.Id, row.Run, row.CurrentBatch)));
            var now = clock.GetUtcNow();
            switch (Rollout.Next(row.ToState(_plan, run, batch), now))
            {
                case RolloutStep.OpenBatch open:
                    await Save(
                        row with { CurrentBatch = open.Number, BatchDispatchedAt = now, NextBatchAt = null }, null, Engine, tx => DeploymentStore.Opened(tx, row, open.Number, now));
                    foreach (var shard in await database.Read(connection => DeploymentTotals.ShardsOfBatch(connection, row.Id, row.Run, open.Number)))
                    {
                        _toWake.Enqueue(shard);
                    }

                    break;
                case RolloutStep.ScheduleBatch scheduled:
                    await Save(row with { NextBatchAt = scheduled.At }, null, Engine);
                    break;
                case RolloutStep.PauseByLimit pause:
                    await Save(
                        row with { Stage = Stage.Paused, PausedReason = pause.Reason, PausedByLimitAt = now }, "auto_pause", Engine, tx => CloseGate(tx, row));
                    break;
                case RolloutStep.Abandon:
                    await Save(
                        Closed(Unpaused(row), SkipReason.Abandoned) with { Stage = Stage.Failed, CompletedAt = now }, "abandon", Engine, tx => WithdrawGate(tx, row));
                    break;
                case RolloutStep.End end:
                    await Save(
                        Unpaused(row) with { Stage = end.Completed ? Stage.Completed : Stage.Failed, CompletedAt = now, NextBatchAt = null },
                        end.Completed ? "complete" : "fail",
                        Engine);
                    break;
                case RolloutStep.Wait wait:
                    if (wait.Until is { } until)
                    {
                        SetTimer(until);
                    }

                    if (Lifecycle.HasEnded(row.Stage) && run.Open == 0 && row.Swept)
                    {
                        await DropReminder();
                    }

                    return;
            }
        }
    }

    private async Task WakeSome()
    {
        var some = new List<int>(ShardsAtOnce);
        while (some.Count < ShardsAtOnce && _toWake.TryDequeue(out var shard))
        {
            some.Add(shard);
        }

        await Task.WhenAll(some.Select(shard => Shard(shard).Wake(mayReload: true)));
    }

    private async Task EnqueueOpenShards()
    {
        var row = _row!;
        if (row.CurrentBatch == 0)
        {
            return;
        }

        _toWake.Clear();
        foreach (var shard in await database.Read(connection => DeploymentTotals.OpenShards(connection, row.Id, row.Run, row.CurrentBatch)))
        {
            _toWake.Enqueue(shard);
        }
    }

    /// <summary>A few shards of a closed run: their rows follow what its row has said.</summary>
    private async Task SweepSome()
    {
        var row = _row!;
        var shards = await database.Read(connection => DeploymentTotals.UnsweptShards(connection, row.Id, row.Run, ShardsAtOnce));
        if (shards.Count == 0)
        {
            await Save(row with { Swept = true }, null, Engine, tx => row.ClosedReason == SkipReason.Abandoned ? CommandGates.Lift(tx, row.GateId!.Value) : Task.CompletedTask);
            return;
        }

        await Task.WhenAll(shards.Select(shard => Shard(shard).Sweep(row.ClosedReason!.Value)));
    }

    private void SetTimer(DateTimeOffset at)
    {
        var now = clock.GetUtcNow();
        var wait = at > now ? at - now : TimeSpan.Zero;

        // Beyond a tick the reminder knocks anyway, and a timer would only keep the grain in memory.
        if (wait > Tick)
        {
            return;
        }

        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Proceed, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task KeepReminder() => _reminder ??= await this.RegisterOrUpdateReminder(ReminderName, Tick, Tick);

    private async Task DropReminder()
    {
        _reminder ??= await this.GetReminder(ReminderName);
        if (_reminder is { } reminder)
        {
            await this.UnregisterReminder(reminder);
            _reminder = null;
        }
    }
}
