using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Enrollment;
using Breeze.Fleet.Devices;
using Breeze.Fleet.Journal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Breeze.Fleet;

/// <summary>Thousands of devices in one process, each over its own SignalR connection.</summary>
public sealed class SimulatedFleet : IAsyncDisposable
{
    private readonly FleetOptions _options;
    private readonly FleetContext _context;
    private readonly CancellationTokenSource _stopped;
    private readonly SemaphoreSlim _handshakes;
    private readonly ILoggerFactory _loggers;
    private readonly SimulatedDevice[] _devices;
    private readonly (CancellationTokenSource Stop, Task Life)?[] _lives;

    private SimulatedFleet(
        FleetOptions options, FleetContext context, IReadOnlyList<Identity> identities, CancellationTokenSource stopped, ILoggerFactory loggers)
    {
        _options = options;
        _context = context;
        _stopped = stopped;
        _loggers = loggers;
        _handshakes = new SemaphoreSlim(options.ConnectAtOnce);
        _lives = new (CancellationTokenSource, Task)?[identities.Count];
        _devices = [.. identities.Select((identity, index) => new SimulatedDevice(
            context, index, FleetFacts.Hostname(options, index), identity.DeviceId, identity.Token,
            context.Keys is null ? null : new CommandVerifier(identity.DeviceId, context.Keys)))];
    }

    public IReadOnlyList<SimulatedDevice> Devices => _devices;

    public FleetStatistics Statistics => _context.Counters.Read(_devices.Length, _lives.Count(life => life is not null));

    /// <summary>What the devices ran, over all processes that used the same journal file.</summary>
    public ExecutionJournal Journal => _context.Journal;

    /// <summary>Enrols who is not, and begins to connect all but the offline ones.</summary>
    /// <param name="options">The fleet.</param>
    /// <param name="loggers">For the connections; null for silence.</param>
    /// <param name="time">Null for the system's clock.</param>
    /// <param name="cancelled">Ends the enrolment.</param>
    /// <returns>When all are enrolled; <see cref="WaitUntilConnected"/> waits for the rest.</returns>
    /// <exception cref="EnrollmentException">A device could not enrol.</exception>
    public static async Task<SimulatedFleet> Start(
        FleetOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null, CancellationToken cancelled = default)
    {
        time ??= TimeProvider.System;
        var identities = await FleetEnrollment.Enroll(options, time, cancelled);
        var keys = options.VerifySignatures ? new CommandKeyRing(identities.SelectMany(identity => identity.CommandKeys).DistinctBy(key => key.Id)) : null;
        var stopped = new CancellationTokenSource();
        var context = new FleetContext(options.Behaviour, new ExecutionJournal(options.JournalFile), new FleetCounters(), keys, time, stopped.Token);
        var fleet = new SimulatedFleet(options, context, identities, stopped, loggers ?? NullLoggerFactory.Instance);
        for (var index = 0; index < options.Devices; index++)
        {
            if (!options.Behaviour.IsOffline(index))
            {
                fleet.Connect(index);
            }
        }

        return fleet;
    }

    /// <summary>Connects a device, and keeps it connected as far as its behaviour allows; nothing happens when it is.</summary>
    public void Connect(int index)
    {
        if (_lives[index] is null)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            _lives[index] = (stop, Live(_devices[index], stop.Token));
        }
    }

    /// <summary>Takes a device off the network; what it runs goes on.</summary>
    public async Task Disconnect(int index)
    {
        if (_lives[index] is { } life)
        {
            _lives[index] = null;
            await life.Stop.CancelAsync();
            await life.Life;
            life.Stop.Dispose();
        }
    }

    /// <summary>Returns once every device that is meant to be online is connected at the same moment.</summary>
    public async Task WaitUntilConnected(CancellationToken cancelled = default)
    {
        while (Statistics is var now && now.Connected < now.Online)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _context.Time, cancelled);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await Task.WhenAll(_lives.Where(life => life is not null).Select(life => life!.Value.Life));
        await _context.Journal.DisposeAsync();
        _context.Keys?.Dispose();
        _handshakes.Dispose();
        _stopped.Dispose();
    }

    private async Task Live(SimulatedDevice device, CancellationToken stopped)
    {
        var endpoint = new AgentEndpoint(_options.Server, device.Token);
        var random = new Random(unchecked((_options.Behaviour.Seed * 397) ^ device.Index));
        var connection = new AgentConnection(endpoint, device, random, _context.Time, _loggers, _handshakes);
        for (var n = 0; !stopped.IsCancellationRequested; n++)
        {
            if (_options.Behaviour.ConnectionLife(device.Index, n) is not { } life)
            {
                await connection.Run(stopped);
                return;
            }

            using var flap = CancellationTokenSource.CreateLinkedTokenSource(stopped);
            flap.CancelAfter(life);
            await connection.Run(flap.Token);
            await _context.Wait(_options.Behaviour.FlapFor, stopped);
        }
    }
}
