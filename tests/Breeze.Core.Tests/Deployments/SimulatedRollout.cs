using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;

namespace Breeze.Core.Tests.Deployments;

/// <summary>How a simulated device answers one attempt.</summary>
/// <param name="After">From sending to its result; null: it never answers.</param>
/// <param name="Kind">Null: success.</param>
internal readonly record struct DeviceAnswer(TimeSpan? After, FailureKind? Kind);

/// <summary>
/// A whole deployment on one clock: the decisions of Core and nothing else, jumped from one due instant to the next. It is what the
/// silo's grains do with rows, as small as it can be, and checks after every instant what must hold at all times.
/// </summary>
internal sealed class SimulatedRollout
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(5);

    private readonly RolloutPlan _plan;
    private readonly BatchPlan _batches;
    private readonly RecordState[] _records;
    private readonly Totals[] _counts;
    private readonly PriorityQueue<(int Ordinal, int Attempt, Action Run), DateTimeOffset> _due = new();
    private readonly List<int> _held = [];
    private DateTimeOffset? _dispatchedAt;
    private DateTimeOffset? _nextBatchAt;
    private DateTimeOffset? _pausedByLimitAt;

    public SimulatedRollout(RolloutPlan plan, int devices, DateTimeOffset start)
    {
        (_plan, Now) = (plan, start);
        _batches = BatchPlan.For(devices, plan);
        _records = [.. Enumerable.Range(0, devices).Select(_ => new RecordState { Status = DeviceRecordStatus.Pending })];
        _counts = [.. Enumerable.Range(1, _batches.TotalBatches).Select(batch => new Totals(_batches.Batch(batch).Count, 0, 0, 0, 0, 0, 0, 0))];
    }

    /// <summary>What a device answers to its nth attempt.</summary>
    public required Func<int, int, DeviceAnswer> Answer { get; init; }

    public Func<int, DateTimeOffset, Reach> Reach { get; init; } = (_, _) => Breeze.Core.Deployments.Reach.Online;

    /// <summary>How long after an automatic pause an operator resumes; null: nobody comes.</summary>
    public TimeSpan? OperatorComesAfter { get; init; }

    public DateTimeOffset Now { get; private set; }

    public Stage Stage { get; private set; } = Stage.Active;

    public int CurrentBatch { get; private set; }

    public IReadOnlyList<RecordState> Records => _records;

    /// <summary>When each batch opened, and when its last record ended for the first time.</summary>
    public List<(DateTimeOffset Opened, DateTimeOffset? Ended)> BatchTimes { get; } = [];

    /// <summary>When each attempt of each record was sent: record, attempt, instant.</summary>
    public List<(int Ordinal, int Attempt, DateTimeOffset At)> Sent { get; } = [];

    /// <summary>The latest failure of a record and when its retry was due.</summary>
    public Dictionary<(int Ordinal, int Attempt), DateTimeOffset> RetryDue { get; } = [];

    public int Pauses { get; private set; }

    public Totals Run => _counts.Aggregate(default(Totals), (sum, batch) => sum + batch);

    /// <summary>Runs until it has ended, or nothing more can happen by itself.</summary>
    public void RunToEnd()
    {
        while (true)
        {
            var until = Settle();
            Check();
            if (Lifecycle.HasEnded(Stage) && Run.Open == 0)
            {
                return;
            }

            var next = _due.TryPeek(out _, out var at) && (until is null || at < until) ? at : until;
            if (next is not { } instant)
            {
                return;
            }

            Now = instant > Now ? instant : Now;
            while (_due.TryPeek(out var due, out at) && at <= Now)
            {
                _due.Dequeue();
                if (due.Ordinal < 0 || _records[due.Ordinal].Attempt == due.Attempt)
                {
                    due.Run();
                }
            }
        }
    }

    /// <summary>Takes every step that is due now.</summary>
    /// <returns>When the deployment itself wants to be asked again.</returns>
    private DateTimeOffset? Settle()
    {
        while (true)
        {
            switch (Rollout.Next(State, Now))
            {
                case RolloutStep.OpenBatch open:
                    (CurrentBatch, _dispatchedAt, _nextBatchAt) = (open.Number, Now, null);
                    BatchTimes.Add((Now, null));
                    var (first, count) = _batches.Batch(open.Number);
                    for (var ordinal = first; ordinal < first + count; ordinal++)
                    {
                        Dispatch(ordinal);
                    }

                    break;
                case RolloutStep.ScheduleBatch scheduled:
                    _nextBatchAt = scheduled.At;
                    break;
                case RolloutStep.PauseByLimit:
                    Move(DeploymentCommand.PauseByLimit);
                    (_pausedByLimitAt, Pauses) = (Now, Pauses + 1);
                    if (OperatorComesAfter is { } wait)
                    {
                        _due.Enqueue((-1, 0, Resume), Now + wait);
                    }

                    break;
                case RolloutStep.Abandon:
                    Move(DeploymentCommand.Abandon);
                    for (var ordinal = 0; ordinal < _records.Length; ordinal++)
                    {
                        if (_records[ordinal].Status == DeviceRecordStatus.Pending)
                        {
                            Change(ordinal, DeviceAttempt.Skip(_records[ordinal], SkipReason.Abandoned, Now));
                        }
                    }

                    break;
                case RolloutStep.End end:
                    Move(end.Completed ? DeploymentCommand.Complete : DeploymentCommand.Fail);
                    break;
                case RolloutStep.Wait next:
                    return next.Until;
            }
        }
    }

    private RolloutState State => new(
        Stage, _plan, false, _records.Length, _batches.TotalBatches, CurrentBatch, _dispatchedAt, _nextBatchAt, _pausedByLimitAt,
        Run, CurrentBatch == 0 ? default : _counts[CurrentBatch - 1]);

    private void Resume()
    {
        if (Stage != Stage.Paused)
        {
            return;
        }

        Move(DeploymentCommand.Resume);
        _pausedByLimitAt = null;
        for (var batch = 0; batch < _counts.Length; batch++)
        {
            _counts[batch] = _counts[batch] with { AcceptedFailures = _counts[batch].Failed };
        }

        var held = _held.ToList();
        _held.Clear();
        held.ForEach(Dispatch);
    }

    private void Dispatch(int ordinal)
    {
        if (!Lifecycle.Sends(Stage))
        {
            _held.Add(ordinal);
            return;
        }

        var record = _records[ordinal];
        var decision = Breeze.Core.Deployments.Dispatch.Judge(record, Reach(ordinal, Now), WindowState.Open, Now);
        switch (decision.Verdict)
        {
            case DispatchVerdict.Send:
                Send(ordinal);
                break;
            case DispatchVerdict.Skip:
                Change(ordinal, DeviceAttempt.Skip(record, decision.Reason!.Value, Now));
                break;
            case DispatchVerdict.GiveUp:
                Change(ordinal, DeviceAttempt.GiveUp(record, Now));
                break;
            default:
                _due.Enqueue((ordinal, record.Attempt, () => Dispatch(ordinal)), Now + LookAgain);
                break;
        }
    }

    private void Send(int ordinal)
    {
        Change(ordinal, DeviceAttempt.Send(_records[ordinal], CommandId.New(), Now, AttemptTimeout));
        var attempt = _records[ordinal].Attempt;
        Sent.Add((ordinal, attempt, Now));
        var answer = Answer(ordinal, attempt);
        var given = AttemptTimeout + DeviceAttempt.Grace;
        var end = answer.After is { } after && after <= given
            ? new AttemptEnd(answer.Kind, answer.Kind is null ? null : "key", answer.Kind is null ? 0 : 1)
            : new AttemptEnd(FailureKind.Timeout, "key", null);
        _due.Enqueue((ordinal, attempt, () => End(ordinal, end)), Now + (answer.After is { } at && at <= given ? at : given));
    }

    private void End(int ordinal, AttemptEnd end)
    {
        Change(ordinal, DeviceAttempt.End(_records[ordinal], end, _plan, Now, Lifecycle.HasEnded(Stage)));
        if (_records[ordinal] is { Status: DeviceRecordStatus.Pending, NextAttemptAt: { } due } record)
        {
            RetryDue[(ordinal, record.Attempt)] = due;
            _due.Enqueue((ordinal, record.Attempt, () => Dispatch(ordinal)), due);
        }
    }

    private void Change(int ordinal, RecordState next)
    {
        var batch = _batches.BatchOf(ordinal) - 1;
        _counts[batch] += next.Counted - _records[ordinal].Counted;
        _records[ordinal] = next;
        if (_counts[batch].Open == 0 && batch < BatchTimes.Count && BatchTimes[batch].Ended is null)
        {
            BatchTimes[batch] = (BatchTimes[batch].Opened, Now);
        }
    }

    private void Move(DeploymentCommand command) => Stage = Lifecycle.Apply(Stage, command) is { IsRefused: false } moved
        ? moved.Value
        : throw new InvalidOperationException($"{command} does not apply to {Stage}.");

    private void Check()
    {
        var run = Run;
        Assert.Equal(_records.Length, run.All);
        Assert.Equal(run with { AcceptedFailures = 0 }, _records.Aggregate(default(Totals), (sum, record) => sum + record.Counted));
        Assert.InRange(_records.Max(record => record.Attempt), 0, 1 + _plan.MaxRetries);
    }
}
