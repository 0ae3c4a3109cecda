using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Orleans.Placement;

namespace Breeze.Silo.Deployments;

/// <inheritdoc cref="IShardGrain"/>
/// <remarks>
/// It keeps its open records in memory only to know what is due; every write checks the row's version, and every minute's tick reads the
/// rows again, so a lost message delays a device by a minute at most and a stale memory changes nothing.
/// </remarks>
[GrainType("deployment-shard"), RandomPlacement]
public sealed partial class ShardGrain(
    ShardStore store,
    ShardCommits commits,
    RunContexts contexts,
    DeviceReachQueries reach,
    ICommandDelivery delivery,
    TimeProvider clock,
    ILogger<ShardGrain> log) : Grain, IShardGrain
{
    // A device that is waited for may come at any moment; what is due happens within 5 s (contract, section 2).
    private static readonly TimeSpan WaitingPoll = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ReloadAfter = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan RetryStepAfter = TimeSpan.FromSeconds(3);

    private readonly Dictionary<int, OpenRecord> _open = [];
    private readonly HashSet<CommandId> _cancelSent = [];
    private readonly ShardReporter _reporter = new(clock);
    private RunContext _context = null!;
    private int _shard;
    private DateTimeOffset _loadedAt = DateTimeOffset.MinValue;
    private bool _wasLoaded;
    private bool _isFenced;
    private bool _someoneIsWaitedFor;
    private IGrainTimer? _timer;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var deployment = new DeploymentId(this.GetPrimaryKey(out var extension));
        var address = RecordKey.Parse(deployment.Value, extension!);
        _shard = address.Ordinal;
        _context = await contexts.Get(deployment, address.Run);
    }

    public async Task Wake(bool mayReload)
    {
        if (mayReload && clock.GetUtcNow() - _loadedAt >= ReloadAfter)
        {
            _loadedAt = DateTimeOffset.MinValue;
        }

        _isFenced = false;
        await Tick();
    }

    public async Task RecordsChanged(RecordChanged[] changes)
    {
        await Load();
        foreach (var change in changes)
        {
            Remember(change.Key.Ordinal, change.Device, change.Version, change.State);
        }

        _reporter.Add(changes);
        Report();
        Schedule();
    }

    public async Task<bool> Sweep(SkipReason reason)
    {
        var swept = await store.Sweep(_context, _shard, reason, clock.GetUtcNow());
        _loadedAt = DateTimeOffset.MinValue;
        await delivery.Cancel([.. swept.Withdrawn.Where(w => w is { WasSent: true, SiloId: not null })
            .Select(w => new CancelTarget(w.Id, w.DeviceId, w.SiloId!))]);
        _reporter.Add(swept.Changes);
        Report();
        return true;
    }

    public async Task<RetryOutcome[]> Retry(int[] ordinals, RetryTerms terms)
    {
        var now = clock.GetUtcNow();
        var rows = await store.Read(_context, ordinals);
        var reached = await reach.Of(_context, [.. rows.Select(r => r.DeviceId)], now);
        var outcomes = ordinals.Except(rows.Select(r => r.Ordinal))
            .Select(missing => new RetryOutcome(missing, Refusal.NotFound("The device's record"))).ToList();
        var plans = new List<PlannedChange>();
        foreach (var row in rows)
        {
            var state = row.ToState();
            var place = reached[row.DeviceId];
            if (Dispatch.RefuseRetry(state, _context.Plan.MaxRetries, place.Reach, place.Window) is { } refusal)
            {
                outcomes.Add(new RetryOutcome(row.Ordinal, refusal));
                continue;
            }

            var wasAccepted = state.Status == DeviceRecordStatus.Failed && terms.ResumedAt is { } resumed && state.CompletedAt <= resumed;
            plans.Add(Send(row.Key, row.Id, row.DeviceId, row.Version, state, now, terms.IsLastWord) with { WasAcceptedFailure = wasAccepted });
        }

        foreach (var chunk in plans.Chunk(ShardCommits.StepLimit))
        {
            var outcome = await Commit(chunk, reached, terms.Caller, now);
            outcomes.AddRange(chunk.Select(plan => new RetryOutcome(
                plan.Key.Ordinal,
                outcome.Written.FirstOrDefault(w => w.Key == plan.Key) switch
                {
                    null => new Refusal(RefusalKind.Conflict, "The device's record changed at the same moment; look at it again."),
                    { Command: null } => Refusal.Invalid("Nothing of it is approved for the device, or it needs none of it.", "deviceId"),
                    _ => null,
                })));
        }

        Report();
        Schedule();
        return [.. outcomes];
    }

    /// <summary>One <see cref="Advance"/>; one that fails is tried again soon, for everything it does follows from the rows.</summary>
    private async Task Tick()
    {
        try
        {
            await Advance();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Log.StepFailed(log, _context.Deployment, _shard, error);
            _loadedAt = DateTimeOffset.MinValue;
            SetTimer(RetryStepAfter);
        }
    }

    /// <summary>Does whatever is due by the rows and the clock. Called by ticks, timers and wakes alike.</summary>
    private async Task Advance()
    {
        await Load();
        await DispatchDue();
        await ExpireDue();
        Report();
        Schedule();
    }

    private async Task Load()
    {
        if (_loadedAt != DateTimeOffset.MinValue)
        {
            return;
        }

        var rows = (await store.ReadOpen(_context, _shard)).ToDictionary(row => row.Ordinal);
        if (_wasLoaded
            ? _open.Any(known => !rows.TryGetValue(known.Key, out var row) || row.Version > known.Value.Version)
            : rows.Count < _context.Batches.SizeOf(_shard) || rows.Values.Any(row => row.Attempt > 0))
        {
            // What an earlier activation knew, or a silo that has died was about to tell, is told to nobody else.
            _reporter.Missed();
        }

        _open.Clear();
        foreach (var row in rows.Values)
        {
            _open[row.Ordinal] = new OpenRecord(row.Id, row.DeviceId, row.Version, row.ToState());
        }

        _wasLoaded = true;
        _loadedAt = clock.GetUtcNow();
    }

    private async Task ExpireDue()
    {
        var now = clock.GetUtcNow();
        var late = _open.Where(r => r.Value.State is { Status: DeviceRecordStatus.Running } state && state.TimeoutAt <= now).ToList();
        if (late.Count == 0)
        {
            return;
        }

        var toCancel = late.Where(r => _cancelSent.Add(r.Value.State.CommandId!.Value)).ToList();
        if (toCancel.Count > 0)
        {
            var reached = await reach.Of(_context, [.. toCancel.Select(r => r.Value.Device)], now);
            await delivery.Cancel([.. toCancel.Where(r => reached[r.Value.Device].SiloId is not null)
                .Select(r => new CancelTarget(r.Value.State.CommandId!.Value, r.Value.Device, reached[r.Value.Device].SiloId!))]);
        }

        var over = late.Where(r => r.Value.State.TimeoutAt + DeviceAttempt.Grace <= now).ToList();
        foreach (var chunk in over.Chunk(ShardCommits.StepLimit))
        {
            await Task.WhenAll(chunk.Select(r => GrainFactory
                .GetGrain<IDeviceDeploymentGrain>(_context.Deployment.Value, new RecordKey(_context.Deployment, _context.Run, r.Key).Extension)
                .Expire(r.Value.State.CommandId!.Value, r.Value.Device, r.Value.State.Attempt)));
        }

        if (over.Count > 0)
        {
            // What became of them (a retry, a failure, a result at the last moment) is in their rows.
            _loadedAt = DateTimeOffset.MinValue;
            await Load();
        }
    }

    private void Remember(int ordinal, DeviceId device, long version, RecordState state)
    {
        if (_open.TryGetValue(ordinal, out var known) && known.Version > version)
        {
            return;
        }

        if (state.Status is DeviceRecordStatus.Pending or DeviceRecordStatus.Running)
        {
            _open[ordinal] = new OpenRecord(known?.Id ?? default, device, version, state);
            return;
        }

        _open.Remove(ordinal);
        if (state.CommandId is { } command)
        {
            _cancelSent.Remove(command);
        }
    }

    private void Report() => _reporter.Send(
        _open.Count == 0,
        news => _ = GrainFactory.GetGrain<IDeploymentGrain>(_context.Deployment.Value).ShardChanged(new ShardNews(_shard, news.Changed, news.More)));

    /// <summary>Sets the one timer to the next thing due. It keeps the grain alive, for a retry must not wait for a minute's tick.</summary>
    private void Schedule()
    {
        var now = clock.GetUtcNow();
        DateTimeOffset? next = _reporter.DueAt;
        foreach (var record in _open.Values)
        {
            var at = record.State.Status == DeviceRecordStatus.Running ? RunningDue(record.State) : PendingDue(record.State, now);
            next = next is null || at < next ? at ?? next : next;
        }

        if (_loadedAt == DateTimeOffset.MinValue)
        {
            next = now;
        }

        if (next is not { } due)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        SetTimer(due > now ? due - now : TimeSpan.Zero);
    }

    private void SetTimer(TimeSpan wait)
    {
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private DateTimeOffset? PendingDue(RecordState state, DateTimeOffset now)
    {
        var due = state.NextAttemptAt ?? now;
        return due > now ? due
            : _isFenced ? null
            : _someoneIsWaitedFor ? now + WaitingPoll
            : now;
    }

    private DateTimeOffset? RunningDue(RecordState state) =>
        _cancelSent.Contains(state.CommandId!.Value) ? state.TimeoutAt + DeviceAttempt.Grace : state.TimeoutAt;

    private sealed record OpenRecord(Guid Id, DeviceId Device, long Version, RecordState State);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Deployment {Deployment} shard {Shard}: {Sent} sent of {Changed} changed")]
        public static partial void Dispatched(ILogger logger, DeploymentId deployment, int shard, int sent, int changed);

        [LoggerMessage(2, LogLevel.Warning, "Deployment {Deployment} shard {Shard}: a step failed; it is tried again")]
        public static partial void StepFailed(ILogger logger, DeploymentId deployment, int shard, Exception error);
    }
}
