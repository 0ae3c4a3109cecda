using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet;

/// <summary>One simulated device: the agent's rules (run once, only after proceed, report until acknowledged), a made-up outcome.</summary>
/// <remarks>It has no thread and no timer of its own; what waits is a task on the shared timer queue.</remarks>
public sealed class SimulatedDevice : IAgentSession
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly FleetContext _fleet;
    private readonly CommandVerifier? _verifier;
    private readonly ServerClock _clock;
    private readonly Dictionary<Guid, SimulatedCommand> _commands = [];
    private readonly PriorityQueue<SimulatedCommand, long> _waiting = new();
    private IServerLink? _link;
    private long _lastSequence;
    private bool _busy;

    internal SimulatedDevice(FleetContext fleet, int index, string hostname, Guid deviceId, string token, CommandVerifier? verifier)
    {
        _fleet = fleet;
        _verifier = verifier;
        _clock = new ServerClock(fleet.Time);
        Index = index;
        Hostname = hostname;
        DeviceId = deviceId;
        Token = token;
    }

    /// <summary>Its number in the fleet, from 0: what its behaviour is made from.</summary>
    public int Index { get; }

    public string Hostname { get; }

    public Guid DeviceId { get; }

    public bool IsConnected => Volatile.Read(ref _link) is not null;

    internal string Token { get; }

    /// <inheritdoc />
    public Hello Hello() => FleetFacts.Hello;

    /// <inheritdoc />
    public void Connected(HelloAnswer answer, IServerLink link)
    {
        _clock.Set(answer.ServerTime);
        _fleet.Keys?.Learn(answer.CommandKeys);
        _fleet.Counters.Connected(1);
        List<SimulatedCommand> open;
        lock (_lock)
        {
            _link = link;
            open = [.. _commands.Values.Where(command => !command.IsAcknowledged)];
            open.ForEach(command => command.IsAsking = false);
        }

        open.ForEach(Continue);
    }

    /// <inheritdoc />
    public void Disconnected()
    {
        _fleet.Counters.Connected(-1);
        lock (_lock)
        {
            _link = null;
        }
    }

    /// <inheritdoc />
    public void Received(Command command)
    {
        _fleet.Counters.Received();
        SimulatedCommand taken;
        lock (_lock)
        {
            var known = _commands.GetValueOrDefault(command.Id);
            if (_verifier?.Refuse(command, known is not null, _lastSequence, _clock.Now) is not null)
            {
                _fleet.Counters.Refused();
                return;
            }

            if (known is not null)
            {
                _fleet.Counters.Repeated();
            }

            _lastSequence = Math.Max(_lastSequence, command.Sequence);
            taken = known ?? Take(command);
        }

        Continue(taken);
    }

    /// <inheritdoc />
    public void Cancelled(Guid commandId)
    {
        lock (_lock)
        {
            if (_commands.GetValueOrDefault(commandId) is not { Result: null } command)
            {
                return;
            }

            _fleet.Counters.Withdrawn();
            command.IsCancelled = true;
            command.Running?.Cancel();
            if (!command.IsAccepted)
            {
                _commands.Remove(commandId);
            }
        }
    }

    // A fleet started again with its journal knows what its devices ran before.
    private SimulatedCommand Take(Command command)
    {
        var taken = new SimulatedCommand(command.Id, command.Attempt, command.Sequence);
        _commands.Add(command.Id, taken);
        if (_fleet.Journal.Find(command.Id) is (Started: true, var end))
        {
            taken.IsAccepted = true;
            taken.IsReportable = true;
            taken.Result = new Result(command.Id, command.Attempt, end?.Status ?? ResultStatus.Interrupted, end?.ExitCode);
        }

        return taken;
    }

    private void Continue(SimulatedCommand command)
    {
        IServerLink link;
        bool report;
        lock (_lock)
        {
            report = command is { Result: not null, IsReportable: true };
            if (_link is null || command.IsAsking || (command.IsAccepted && !report))
            {
                return;
            }

            command.IsAsking = true;
            link = _link;
        }

        _ = report ? Report(link, command) : Ask(link, command);
    }

    private async Task Ask(IServerLink link, SimulatedCommand command)
    {
        try
        {
            await Lie(link, command);
            var answer = await link.Accept(new Accepted(command.Id, command.Attempt), CancellationToken.None);
            Proceed(command, answer.Proceed);
        }
        catch (Exception)
        {
            await Again(link, command);
        }
    }

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
            : SimulatedResult.Of(outcome, command.Id, command.Attempt, Hostname, duration);
        await _fleet.Journal.Ended(new(DeviceId, command.Id, command.Attempt, result.Status, result.ExitCode));
        _fleet.Counters.Ended(result.Status);
        lock (_lock)
        {
            command.Result = result;
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

        await _fleet.Wait(outcome.Duration, running.Token);
        lock (_lock)
        {
            command.Running = null;
        }

        _fleet.Counters.Running(-1);
        return _fleet.Time.GetElapsedTime(started);
    }

    private async Task ReportLate(SimulatedCommand command, TimeSpan by)
    {
        await _fleet.Wait(by, _fleet.Stopped);
        command.IsReportable = true;
        Continue(command);
    }

    private async Task Report(IServerLink link, SimulatedCommand command)
    {
        try
        {
            var repeats = _fleet.Behaviour.Decide(Index, command.Attempt).Repeats;
            for (var time = 0; time <= repeats; time++)
            {
                await link.Report(command.Result!, CancellationToken.None);
            }

            lock (_lock)
            {
                command.IsAsking = false;
                if (!command.IsAcknowledged)
                {
                    command.IsAcknowledged = true;
                    _fleet.Counters.Acknowledged();
                }
            }
        }
        catch (Exception)
        {
            await Again(link, command);
        }
    }

    // The connection may be gone, in which case the next one continues; or the server could not answer just now.
    private async Task Again(IServerLink link, SimulatedCommand command)
    {
        await _fleet.Wait(RepeatAfter, _fleet.Stopped);
        lock (_lock)
        {
            if (_link != link || _fleet.Stopped.IsCancellationRequested)
            {
                return;
            }

            command.IsAsking = false;
        }

        Continue(command);
    }

    // What a broken or hostile agent may say: none of it may change anything.
    private async Task Lie(IServerLink link, SimulatedCommand command)
    {
        if (!_fleet.Behaviour.Decide(Index, command.Attempt).Lies)
        {
            return;
        }

        foreach (var lie in new[]
        {
            new Result(command.Id, command.Attempt + 1, ResultStatus.Completed, 0, "another attempt's"),
            new Result(Guid.CreateVersion7(), 1, ResultStatus.Completed, 0, "nobody's"),
        })
        {
            try
            {
                await link.Report(lie, CancellationToken.None);
            }
            catch (Microsoft.AspNetCore.SignalR.HubException)
            {
                // Refused, as it should be.
            }
        }
    }
}
