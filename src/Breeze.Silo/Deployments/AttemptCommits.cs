using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>Something a device said about an attempt, or that was concluded because it said nothing.</summary>
/// <param name="End">Null: it has accepted the command. Else how the attempt ended.</param>
public sealed record AttemptStep(RecordKey Key, RunContext Context, CommandId Command, CommandEnd? End, DateTimeOffset Now);

public enum StepOutcome
{
    /// <summary>The record has changed, or had been changed by the same step before.</summary>
    Applied = 1,

    /// <summary>The attempt is over or withdrawn: what came is kept as late, and nothing else changed.</summary>
    Stale,
}

/// <summary>Group commit of attempts: hundreds of devices' answers in one transaction, each judged on its locked row.</summary>
/// <remarks>
/// The ledger's step, the record and its shard's count are one transaction. The record is decided from the row under lock, never from
/// what a grain remembers, so a second activation or a repeated message cannot apply anything twice.
/// </remarks>
public sealed class AttemptCommits : IAsyncDisposable
{
    // A few transactions' worth: enough that the writer is never idle.
    private const int CalmBelow = 2_048;

    private readonly GroupCommit<AttemptStep, StepOutcome> _commits;

    public AttemptCommits(IDatabase database, RecordFeed feed, PatchReports patches, ICommandDelivery delivery)
    {
        // One batch at a time: what it leaves here is what AfterCommit finds.
        IReadOnlyList<DeviceId> toWake = [];
        _commits = new("deployment_attempts", database, async (tx, steps) =>
        {
            var batch = new Batch(tx, steps);
            await batch.Run();
            toWake = await patches.Take(tx, batch.Ended, steps.Max(s => s.Now));
            feed.Stage(batch.Changes);
            return batch.Outcomes;
        }, new()
        {
            CountsAsBacklog = true,
            AfterCommit = (_, _) =>
            {
                feed.Publish();
                if (toWake.Count > 0)
                {
                    _ = delivery.Wake(toWake);
                }
            },
        });
    }

    /// <summary>Waits while so much comes from devices that sending them more work would only make them wait longer.</summary>
    public Task Calm() => _commits.Below(CalmBelow);

    public Task<StepOutcome> Commit(AttemptStep step) => _commits.Commit(step);

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private sealed class Batch(DbTransaction tx, IReadOnlyList<AttemptStep> steps)
    {
        private readonly Dictionary<RecordKey, Work> _records = [];
        private readonly Dictionary<CountKey, Totals> _deltas = [];
        private readonly StepOutcome[] _outcomes = new StepOutcome[steps.Count];

        // One instant for the ledger and the records: a backoff is counted from the very end that the ledger shows.
        private readonly DateTimeOffset _now = steps.Max(s => s.Now);

        public IReadOnlyList<StepOutcome> Outcomes => _outcomes;

        public List<RecordChanged> Changes { get; } = [];

        /// <summary>The attempts that ended now.</summary>
        public List<(RunContext Context, CommandEnd End)> Ended { get; } = [];

        public async Task Run()
        {
            var withdrawn = await HoldGates();
            await LockRecords();
            await Accept();
            await End(withdrawn);
            var changed = _records.Values.Where(r => r.Changed).ToList();
            await RecordWrites.Update(tx, [.. changed.Select(r => (r.Row.Key, r.State, r.Row.Version))], checkVersion: false);
            await RecordWrites.Count(tx, _deltas, _now);

            // An acceptance changes no column of the record, only its shard's count and what is shown.
            Changes.AddRange(_records.Values.Where(r => r.Changed || r.NewlyAccepted)
                .Select(r => new RecordChanged(r.Row.Key, r.Row.DeviceId, r.State, r.Row.Version + (r.Changed ? 1 : 0))));
        }

        private async Task<HashSet<Guid>> HoldGates()
        {
            var gates = await tx.QueryRows<GateRow>(
                $"with v as ({{rows}}) select g.id, g.withdrawn from command_gates g join v on v.gate = g.id order by g.id{CommandGates.HoldShared(tx, "g")}",
                new Rows().Uuid("gate", [.. steps.Select(s => s.Context.Gate).Distinct()]));
            return [.. gates.Where(g => g.Withdrawn != 0).Select(g => g.Id)];
        }

        private async Task LockRecords()
        {
            var keys = steps.Select(s => s.Key).Distinct().ToList();
            var rows = await RecordRow.Hold(tx, new Rows()
                .Uuid("in_deployment", [.. keys.Select(k => k.Deployment.Value)])
                .Int("in_run", [.. keys.Select(k => k.Run)])
                .Int("at_ordinal", [.. keys.Select(k => k.Ordinal)]));
            foreach (var row in rows)
            {
                _records[row.Key] = new Work(row);
            }
        }

        private async Task Accept()
        {
            var accepts = Indexes(step => step.End is null).ToList();
            var ids = accepts.Where(IsCurrent).Select(i => steps[i].Command).Distinct().ToList();
            var now = ids.Count == 0 ? [] : (await CommandLedger.Accept(tx, ids, _now, holdsGates: true)).ToHashSet();
            var running = ids.Count == now.Count ? now : (await CommandLedger.Running(tx, ids)).ToHashSet();
            foreach (var i in accepts)
            {
                var isRunning = IsCurrent(i) && (now.Contains(steps[i].Command.Value) || running.Contains(steps[i].Command.Value));
                _outcomes[i] = isRunning ? StepOutcome.Applied : StepOutcome.Stale;
                if (isRunning && now.Remove(steps[i].Command.Value))
                {
                    var record = _records[steps[i].Key];
                    Change(steps[i], record, record.State with { Accepted = true });
                    record.NewlyAccepted = true;
                }
            }
        }

        private async Task End(HashSet<Guid> withdrawn)
        {
            var ends = Indexes(step => step.End is not null).ToList();
            if (ends.Count == 0)
            {
                return;
            }

            var first = ends.DistinctBy(i => steps[i].Command).ToList();
            var done = (await CommandLedger.Finish(tx, [.. first.Select(i => steps[i].End!)], _now, holdsGates: true)).ToHashSet();
            foreach (var i in ends)
            {
                var isNow = IsCurrent(i) && done.Remove(steps[i].Command.Value);
                _outcomes[i] = isNow ? StepOutcome.Applied : StepOutcome.Stale;
                if (isNow)
                {
                    var step = steps[i];
                    var record = _records[step.Key];
                    var next = DeviceAttempt.End(record.State, Attempts.Of(step.End!), step.Context.Plan, _now, withdrawn.Contains(step.Context.Gate));
                    Change(step, record, next);
                    record.Changed = true;
                    Ended.Add((step.Context, step.End!));
                }
            }
        }

        private void Change(AttemptStep step, Work record, RecordState next)
        {
            var key = CountKey.Of(step.Key, step.Context.Batches);
            _deltas[key] = _deltas.GetValueOrDefault(key) + (next.Counted - record.State.Counted);
            record.State = next;
        }

        private bool IsCurrent(int i) =>
            _records.TryGetValue(steps[i].Key, out var record)
            && record.State.Status == DeviceRecordStatus.Running
            && record.State.CommandId == steps[i].Command;

        private IEnumerable<int> Indexes(Func<AttemptStep, bool> which) => Enumerable.Range(0, steps.Count).Where(i => which(steps[i]));
    }

    private sealed class Work(RecordRow row)
    {
        public RecordRow Row => row;

        public RecordState State { get; set; } = row.ToState();

        public bool Changed { get; set; }

        public bool NewlyAccepted { get; set; }
    }

    private sealed class GateRow
    {
        public Guid Id { get; init; }

        public int Withdrawn { get; init; }
    }
}

/// <summary>Reads a command's end as an attempt's.</summary>
internal static class Attempts
{
    public static AttemptEnd Of(CommandEnd end)
    {
        if (end.Outcome == CommandOutcome.Completed)
        {
            return new AttemptEnd(null, null, end.ExitCode);
        }

        var kind = end.Outcome switch
        {
            CommandOutcome.Rejected => FailureKind.Rejected,
            CommandOutcome.Interrupted => FailureKind.Interrupted,
            CommandOutcome.TimedOut => FailureKind.Timeout,
            _ when end.ExitCode is not null => FailureKind.ExitCode,
            _ when SaysTimedOut(end.Data) => FailureKind.Timeout,
            _ => FailureKind.AgentError,
        };
        return new AttemptEnd(kind, FailureText.Key(kind, end.ExitCode, end.Error, end.Output), end.ExitCode);
    }

    // A script that its agent killed in time; the command's own timeout comes only when the agent says nothing.
    private static bool SaysTimedOut(string? data)
    {
        if (data is null)
        {
            return false;
        }

        using var said = JsonDocument.Parse(data);
        return said.RootElement.ValueKind == JsonValueKind.Object
            && said.RootElement.TryGetProperty("timedOut", out var timedOut)
            && timedOut.ValueKind == JsonValueKind.True;
    }
}
