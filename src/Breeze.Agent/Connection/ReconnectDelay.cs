namespace Breeze.Agent.Connection;

/// <summary>How long to wait before connecting again.</summary>
/// <param name="Longest">The ceiling of the doubling.</param>
/// <remarks>
/// Attempt n waits between half and all of min(longest, 1 s · 2ⁿ). A server's hint is never undercut; the same spread comes on top of it,
/// so that the devices of a drained server do not come back as one.
/// </remarks>
public sealed record ReconnectDelay(TimeSpan Longest)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    /// <summary>What a server may ask for at most; a hostile hint must not silence a device for good.</summary>
    public static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(10);

    /// <summary>A lost server is found again within 20 s of its return.</summary>
    public static ReconnectDelay Default { get; } = new(TimeSpan.FromSeconds(20));

    /// <summary>A refused credential is tried again slowly: an operator may have to act.</summary>
    public static ReconnectDelay Refused { get; } = new(TimeSpan.FromMinutes(5));

    /// <param name="attempt">Failed attempts so far, from 0.</param>
    /// <param name="hint">What the server asked for; null when it did not.</param>
    /// <param name="chance">From 0 up to 1, uniform.</param>
    public TimeSpan After(int attempt, TimeSpan? hint, double chance)
    {
        var ceiling = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Clamp(attempt, 0, 16)));
        return hint is { } asked
            ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestHint.Ticks)) + (ceiling * chance)
            : ceiling * (0.5 + (chance / 2));
    }
}
