using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Deployments;

/// <summary>Sending: who is due is judged, committed under the gate, and only what was committed is delivered.</summary>
public sealed partial class ShardGrain
{
    private async Task DispatchDue()
    {
        _someoneIsWaitedFor = false;
        var now = clock.GetUtcNow();
        var due = _open.Where(r => r.Value.State.Status == DeviceRecordStatus.Pending && (r.Value.State.NextAttemptAt ?? now) <= now)
            .OrderBy(r => r.Key).ToList();
        foreach (var chunk in due.Chunk(ShardCommits.StepLimit))
        {
            if (_isFenced)
            {
                return;
            }

            var reached = await reach.Of(_context, [.. chunk.Select(r => r.Value.Device)], now);
            var plans = new List<PlannedChange>(chunk.Length);
            foreach (var (ordinal, record) in chunk)
            {
                if (Plan(ordinal, record, reached[record.Device], now) is { } plan)
                {
                    plans.Add(plan);
                }
                else
                {
                    _someoneIsWaitedFor = true;
                }
            }

            _isFenced = (await Commit(plans, reached, retriedBy: null, now)).IsFenced;
        }
    }

    private PlannedChange? Plan(int ordinal, OpenRecord record, DeviceReach place, DateTimeOffset now)
    {
        var key = new RecordKey(_context.Deployment, _context.Run, ordinal);
        var decision = Dispatch.Judge(record.State, place.Reach, place.Window, now, _context.Deadline);
        return decision.Verdict switch
        {
            DispatchVerdict.Send => Send(key, record.Id, record.Device, record.Version, record.State, now, isLastWord: false),
            DispatchVerdict.Skip => new PlannedChange(key, record.Device, record.Version, record.State, DeviceAttempt.Skip(record.State, decision.Reason!.Value, now), null),
            DispatchVerdict.GiveUp => new PlannedChange(key, record.Device, record.Version, record.State, DeviceAttempt.GiveUp(record.State, now), null),
            _ => null,
        };
    }

    private PlannedChange Send(RecordKey key, Guid record, DeviceId device, long version, RecordState state, DateTimeOffset now, bool isLastWord)
    {
        // A patch rollback's command has its record's id, so that whoever asked for it can be told before it is sent.
        var command = _context.Kind == RunKind.PatchRollback && state.Attempt == 0 ? new CommandId(record) : CommandId.New();
        var origin = GrainFactory.GetGrain<IDeviceDeploymentGrain>(key.Deployment.Value, key.Extension).GetGrainId().ToString();
        var after = DeviceAttempt.Send(state, command, now, _context.AttemptTimeout, isLastWord);
        return new PlannedChange(key, device, version, state, after, new NewCommand(
            command, device, _context.Org, _context.CommandType, _context.Payload, after.Attempt, _context.Gate, BypassesGate: false, origin));
    }

    private async Task<ShardOutcome> Commit(
        IReadOnlyList<PlannedChange> plans, IReadOnlyDictionary<DeviceId, DeviceReach> reached, Caller? retriedBy, DateTimeOffset now)
    {
        if (plans.Count == 0)
        {
            return new ShardOutcome(false, []);
        }

        if (retriedBy is not null)
        {
            plans = [.. plans.Select(p => p with { Command = p.Command! with { BypassesGate = true } })];
        }

        var outcome = await commits.Commit(new ShardStep(_context, plans, retriedBy, now));
        var written = outcome.Written;
        if (written.Count < plans.Count && !outcome.IsFenced)
        {
            // Somebody else has changed records that this grain believed to know: read them all again.
            _loadedAt = DateTimeOffset.MinValue;
        }

        foreach (var plan in written)
        {
            Remember(plan.Key.Ordinal, plan.Device, plan.Version + 1, plan.After);
        }

        _reporter.Add([.. written.Select(p => new RecordChanged(p.Key, p.Device, p.After, p.Version + 1))]);
        await delivery.Deliver([.. written.Where(p => p.Command is not null && reached[p.Device].SiloId is not null).Select(p => new OutgoingCommand(
            p.Command!.Id, p.Device, reached[p.Device].SiloId!, p.Command.Type, p.Command.Payload, p.Command.Attempt, p.Command.Origin, now))]);
        if (written.Count > 0)
        {
            Log.Dispatched(log, _context.Deployment, _shard, written.Count(p => p.Command is not null), written.Count);
        }

        return outcome;
    }
}
