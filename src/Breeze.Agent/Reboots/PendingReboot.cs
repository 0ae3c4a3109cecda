namespace Breeze.Agent.Reboots;

/// <summary>A restart that is announced and has not come yet: nothing that it would tear apart is begun.</summary>
public sealed class PendingReboot(TimeProvider time)
{
    // One that has not come so long after its time was called off by somebody at the device.
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(5);

    private DateTimeOffset? _at;

    /// <summary>When; null when none is to be expected.</summary>
    public DateTimeOffset? Announced => _at is { } at && time.GetUtcNow() < at + Overdue ? at : null;

    public void Announce(TimeSpan delay) => _at = time.GetUtcNow() + delay;
}
