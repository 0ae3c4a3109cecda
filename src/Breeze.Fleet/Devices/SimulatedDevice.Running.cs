using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet.Devices;

/// <summary>One command at a time, in the order of their sequences.</summary>
public sealed partial class SimulatedDevice
{
    private void Proceed(SimulatedCommand command, bool proceed)
    {
        lock (_lock)
        {
            command.IsAsking = false;
            if (command.IsAccepted)
            {
                return;
            }

            if (!proceed || command.IsCancelled)
            {
                _fleet.Counters.Withdrawn();
                _commands.Remove(command.Id);
                return;
            }

            command.IsAccepted = true;
            _waiting.Enqueue(command, command.Sequence);
            if (_busy)
            {
                return;
            }

            _busy = true;
        }

        _ = RunWaiting();
    }

    private async Task RunWaiting()
    {
        while (true)
        {
            SimulatedCommand? next;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out next, out _))
                {
                    _busy = false;
                    return;
                }
            }

            await Run(next);
        }
    }

    private async Task Run(SimulatedCommand command)
    {
        var outcome = _fleet.Behaviour.Decide(Index, command.Attempt);
        var duration = TimeSpan.Zero;
        if (outcome.Kind != OutcomeKind.Rejected && !command.IsCancelled)
        {
            await _fleet.Journal.Started(new(DeviceId, command.Id, command.Attempt));
            duration = await PretendToRun(command, outcome);
        }

        var result = command.IsCancelled
            ? new Result(command.Id, command.Attempt, ResultStatus.Failed, Error: "The server cancelled the command.", DurationMs: (long)duration.TotalMilliseconds)
            : await _work.End(command, outcome, duration, _fleet.Stopped);
        await _fleet.Journal.Ended(new(DeviceId, command.Id, command.Attempt, result.Status, result.ExitCode));
        _fleet.Counters.Ended(result.Status);
        lock (_lock)
        {
            command.Result = result;
            command.Payload = "";
            command.IsReportable = outcome.Kind != OutcomeKind.Silent && outcome.LateBy == TimeSpan.Zero;
        }

        if (outcome.Kind != OutcomeKind.Silent && outcome.LateBy > TimeSpan.Zero)
        {
            _ = ReportLate(command, outcome.LateBy);
        }

        Continue(command);
    }

    private async Task<TimeSpan> PretendToRun(SimulatedCommand command, SimulatedOutcome outcome)
    {
        var started = _fleet.Time.GetTimestamp();
        _fleet.Counters.Running(1);
        using var running = CancellationTokenSource.CreateLinkedTokenSource(_fleet.Stopped);
        lock (_lock)
        {
            command.Running = running;
        }

        _work.Begin(command);
        await _fleet.Wait(outcome.Duration, running.Token);
        lock (_lock)
        {
            command.Running = null;
        }

        _fleet.Counters.Running(-1);
        return _fleet.Time.GetElapsedTime(started);
    }
}
