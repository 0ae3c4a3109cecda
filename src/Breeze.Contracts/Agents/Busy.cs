using System.Globalization;

namespace Breeze.Contracts.Agents;

/// <summary>The error of a message that an overloaded server does not take now: nothing of it counts, and the agent says it again later.</summary>
/// <remarks>An error and no answer, so that an agent that does not know the hint repeats the message as after any other error.</remarks>
public static class Busy
{
    private const string Mark = "is busy; again in ";

    /// <summary>The error's text, with how long to wait.</summary>
    public static string Text(TimeSpan wait) => string.Create(CultureInfo.InvariantCulture, $"The server {Mark}{(long)wait.TotalMilliseconds} ms.");

    /// <summary>How long an error asks to wait, at most ten minutes; null when it is no such error.</summary>
    public static TimeSpan? Hint(string error)
    {
        var at = error.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var rest = error.AsSpan(at + Mark.Length);
        var end = rest.IndexOf(' ');
        return end > 0 && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            ? TimeSpan.FromMilliseconds(Math.Min(ms, 600_000))
            : null;
    }
}
