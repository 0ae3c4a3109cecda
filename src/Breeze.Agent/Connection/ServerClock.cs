namespace Breeze.Agent.Connection;

/// <summary>The server's clock as its last Hello told it, carried on by this machine's monotonic one.</summary>
/// <remarks>A device's own wall clock may be wrong or be set back; neither may make an expired command valid.</remarks>
public sealed class ServerClock(TimeProvider time)
{
    private DateTimeOffset _told;
    private long _toldAt;

    /// <summary>False until a server has told its time.</summary>
    public bool IsKnown => _told != default;

    /// <summary>The server's time now, UTC. Only after <see cref="IsKnown"/>.</summary>
    public DateTimeOffset Now => _told + time.GetElapsedTime(_toldAt);

    public void Set(DateTimeOffset serverTime)
    {
        _toldAt = time.GetTimestamp();
        _told = serverTime;
    }
}
