using System.Collections.Concurrent;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Hosting.Load;

namespace Breeze.Silo.Agents;

/// <summary>The agents that are connected to this silo.</summary>
public sealed partial class AgentConnections(
    IGrainFactory grains,
    CommandKeys keys,
    SiloLease lease,
    WaitingCommands waiting,
    IPatchReports patchReports,
    Overload overload,
    ArrivalPace pace,
    AgentsSettings settings,
    TimeProvider clock,
    ILogger<AgentConnections> logger)
{
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(30);
    private const int ReconnectSpreadMs = 5_000;
    private const string TooMany = "Too many agents connect at once.";
    private const string Overloaded = "This silo is overloaded.";

    private readonly ConcurrentDictionary<DeviceId, AgentConnection> _live = new();
    private readonly ConcurrentDictionary<AgentConnection, byte> _attached = new();
    private readonly ConcurrentQueue<(DeviceId Device, long Epoch)> _departures = new();
    private readonly ConcurrentQueue<DeviceId> _undelivered = new();
    private readonly Random _jitter = new();
    private int _greeted;

    internal IGrainFactory Grains => grains;

    internal CommandKeys Keys => keys;

    internal IPatchReports PatchReports => patchReports;

    internal SiloLease Lease => lease;

    internal TimeProvider Clock => clock;

    /// <summary>True once the silo stops: nobody is let in any more.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>How many agents are connected and greeted.</summary>
    public int Count => _live.Count;

    private int Arriving => _attached.Count - Volatile.Read(ref _greeted);

    /// <summary>Why a new connection is not let in now; null when it is.</summary>
    public string? RefusesBecause() => true switch
    {
        _ when IsDraining => "This silo is stopping.",
        _ when !lease.IsHeld => "This silo cannot serve at the moment.",
        _ when _attached.Count >= settings.MaxConnections => "This silo holds as many agents as it may.",
        _ when Arriving >= settings.MaxPendingConnections => TooMany,
        _ when overload.Sheds(RequestClass.Arrival) => Overloaded,
        _ => null,
    };

    /// <summary>Takes up a connection of a device whose credential was checked. It counts once it said Hello.</summary>
    public AgentConnection Attach(DeviceId device, IAgentChannel channel)
    {
        var connection = new AgentConnection(this, device, channel);
        _attached.TryAdd(connection, 0);
        return connection;
    }

    /// <summary>The live connection of a device on this silo; null when it is elsewhere or away.</summary>
    public AgentConnection? Find(DeviceId device) => _live.GetValueOrDefault(device);

    internal bool Register(AgentConnection connection)
    {
        Interlocked.Increment(ref _greeted);
        pace.LetIn();
        AgentMetrics.Connected(1);
        while (true)
        {
            if (_live.TryAdd(connection.Device, connection))
            {
                return true;
            }

            if (!_live.TryGetValue(connection.Device, out var other))
            {
                continue;
            }

            if (other.Epoch > connection.Epoch)
            {
                connection.Close("A newer connection of this device took its place.");
                return false;
            }

            if (_live.TryUpdate(connection.Device, connection, other))
            {
                other.Close("A newer connection of this device took its place.");
                return true;
            }
        }
    }

    internal void Remove(AgentConnection connection)
    {
        if (!_attached.TryRemove(connection, out _))
        {
            return;
        }

        if (connection.Epoch != 0)
        {
            Interlocked.Decrement(ref _greeted);
            AgentMetrics.Connected(-1);
            _live.TryRemove(new(connection.Device, connection));
        }
    }

    /// <summary>Writes down that a connection is gone; what the database does not take now is written with a later renewal of the lease.</summary>
    internal async Task Depart(DeviceId device, long epoch)
    {
        try
        {
            await grains.GetGrain<IAgentGrain>(device.Value).Disconnected(epoch);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _departures.Enqueue((device, epoch));
            LogDepartureWaits(error, device);
        }
    }

    internal async Task DepartLate()
    {
        for (var left = _departures.Count; left > 0 && _departures.TryDequeue(out var gone); left--)
        {
            await Depart(gone.Device, gone.Epoch);
        }
    }

    /// <summary>Sends what waits for a device, in the background.</summary>
    internal void DeliverWaiting(DeviceId device) => _ = DeliverWaitingNow(device);

    /// <summary>Looks again for those devices for which it failed.</summary>
    internal void DeliverLate()
    {
        for (var left = _undelivered.Count; left > 0 && _undelivered.TryDequeue(out var device); left--)
        {
            if (Find(device) is not null)
            {
                DeliverWaiting(device);
            }
        }
    }

    internal int ReconnectAfterMs()
    {
        lock (_jitter)
        {
            return _jitter.Next(100, ReconnectSpreadMs);
        }
    }

    /// <summary>Counts a refusal. Returns after how many seconds to come again: the more were refused of late, the later.</summary>
    internal int Refuse(string reason)
    {
        // A silo that stops or is full lets nobody in soon: the others do, and whoever asks again is sent there.
        if (reason is not (TooMany or Overloaded))
        {
            return 2 + (ReconnectAfterMs() / 1_000);
        }

        if (reason == Overloaded)
        {
            LoadMetrics.Shed(RequestClass.Arrival);
        }

        pace.Refused();
        lock (_jitter)
        {
            return pace.RetryAfterSeconds(Arriving, _jitter.NextDouble());
        }
    }

    /// <exception cref="AgentRefusedException">The silo is overloaded and does without such messages; the agent says it again.</exception>
    internal void ThrowIfShed(RequestClass message)
    {
        if (overload.Sheds(message))
        {
            LoadMetrics.Shed(message);
            throw new AgentRefusedException(Busy.Text(TimeSpan.FromSeconds(10 + ShedLoad.RetryAfterSeconds(2 * overload.Level))));
        }
    }

    /// <summary>Asks some agents to connect again, which a load balancer brings elsewhere; none that has work from here.</summary>
    internal IReadOnlyList<DeviceId> HandOver(int most)
    {
        int first;
        lock (_jitter)
        {
            first = _jitter.Next(Math.Max(1, _live.Count));
        }

        // From anywhere, or those who come back would be asked again and again.
        var idle = _live.Skip(first).Concat(_live.Take(first)).Select(c => c.Value).Where(c => !c.HasWork).Take(most).ToList();
        idle.ForEach(c => c.Close("Another silo has fewer agents."));
        return idle.ConvertAll(c => c.Device);
    }

    /// <summary>Asks every agent to connect elsewhere, and lets nobody in any more.</summary>
    public void Drain()
    {
        IsDraining = true;
        CloseAll("This silo is stopping.");
    }

    /// <summary>Ends every connection.</summary>
    public void CloseAll(string reason)
    {
        var all = _attached.Keys;
        if (all.Count > 0)
        {
            LogClosing(all.Count, reason);
        }

        foreach (var connection in all)
        {
            connection.Close(reason);
        }
    }

    /// <summary>Ends connections that never said Hello.</summary>
    internal void CloseSilent()
    {
        foreach (var connection in _attached.Keys)
        {
            if (connection.Epoch == 0 && clock.GetElapsedTime(connection.AttachedAt) > HelloPatience)
            {
                connection.Close("Hello did not come.");
            }
        }
    }

    private async Task DeliverWaitingNow(DeviceId device)
    {
        try
        {
            foreach (var command in await waiting.Claim(device))
            {
                Find(device)?.Send(command);
            }
        }
        catch (Exception error)
        {
            // Nobody else would: the resend loop knows nothing of what was accepted before, and the device waits for it to be said again.
            _undelivered.Enqueue(device);
            LogNotDelivered(error, device);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Closing {Count} agent connections: {Reason}")]
    private partial void LogClosing(int count, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The end of device {Device}'s connection is not written yet")]
    private partial void LogDepartureWaits(Exception error, DeviceId device);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting commands of device {Device} were not looked up")]
    private partial void LogNotDelivered(Exception error, DeviceId device);
}
