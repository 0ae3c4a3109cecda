using Breeze.Contracts.Agents;

namespace Breeze.Fleet;

/// <summary>A fleet's counters at one moment.</summary>
/// <param name="Devices">Enrolled devices.</param>
/// <param name="Online">Of them, those that are meant to be connected.</param>
/// <param name="Connected">Connected now.</param>
/// <param name="Received">Commands that came, repeats included.</param>
/// <param name="Repeated">Of them, those whose id the device knew.</param>
/// <param name="Refused">Of them, those refused by signature, expiry or sequence.</param>
/// <param name="Withdrawn">Commands that the server told not to run, or cancelled.</param>
/// <param name="Running">Running now.</param>
/// <param name="Completed">Ended well.</param>
/// <param name="Failed">Ended any other way.</param>
/// <param name="Acknowledged">Results that the server has.</param>
public sealed record FleetStatistics(
    int Devices, int Online, int Connected, long Received, long Repeated, long Refused, long Withdrawn, long Running, long Completed, long Failed, long Acknowledged)
{
    /// <summary>One line for a terminal.</summary>
    public override string ToString() =>
        $"connected {Connected}/{Online} of {Devices}  received {Received} (repeats {Repeated}, refused {Refused}, withdrawn {Withdrawn})  " +
        $"running {Running}  completed {Completed}  failed {Failed}  acknowledged {Acknowledged}";
}

/// <summary>The counters while they count; any thread.</summary>
internal sealed class FleetCounters
{
    private int _connected;
    private long _received;
    private long _repeated;
    private long _refused;
    private long _withdrawn;
    private long _running;
    private long _completed;
    private long _failed;
    private long _acknowledged;

    public void Connected(int by) => Interlocked.Add(ref _connected, by);

    public void Received() => Interlocked.Increment(ref _received);

    public void Repeated() => Interlocked.Increment(ref _repeated);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Withdrawn() => Interlocked.Increment(ref _withdrawn);

    public void Running(int by) => Interlocked.Add(ref _running, by);

    public void Acknowledged() => Interlocked.Increment(ref _acknowledged);

    public void Ended(ResultStatus status) => Interlocked.Increment(ref status == ResultStatus.Completed ? ref _completed : ref _failed);

    public FleetStatistics Read(int devices, int online) => new(
        devices, online, Volatile.Read(ref _connected), Volatile.Read(ref _received), Volatile.Read(ref _repeated), Volatile.Read(ref _refused),
        Volatile.Read(ref _withdrawn), Volatile.Read(ref _running), Volatile.Read(ref _completed), Volatile.Read(ref _failed), Volatile.Read(ref _acknowledged));
}
