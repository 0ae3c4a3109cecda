using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Devices;

/// <summary>One simulated device: the agent's rules (run once, only after proceed, report until acknowledged), a made-up outcome.</summary>
/// <remarks>It has no thread and no timer of its own; what waits is a task on the shared timer queue.</remarks>
public sealed partial class SimulatedDevice : IAgentSession
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly FleetContext _fleet;
    private readonly CommandVerifier? _verifier;
    private readonly ServerClock _clock;
    private readonly ServerReports _reports;
    private readonly DeviceWork _work;
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
        _reports = new ServerReports(fleet.Time);
        _work = new DeviceWork(fleet.Behaviour, index, hostname, _reports, fleet.Time);
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

    /// <summary>The patches that it has.</summary>
    public DevicePatches Patches => _work.Patches;

    /// <summary>The software packages that it was told to install.</summary>
    public IReadOnlyCollection<Guid> Software => _work.Software;

    /// <summary>The policy that was applied to it last; null for none.</summary>
    public Guid? Policy => _work.Policy;

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

        _reports.Connected(link);
        open.ForEach(Continue);
    }

    /// <inheritdoc />
    public void Disconnected()
    {
        _fleet.Counters.Connected(-1);
        _reports.Disconnected();
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
        var taken = new SimulatedCommand(command.Id, command.Type, command.Payload, command.Attempt, command.Sequence);
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
}
