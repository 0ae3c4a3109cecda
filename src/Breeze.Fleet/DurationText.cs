using System.Globalization;

namespace Breeze.Fleet;

/// <summary>Reads durations as people write them on a command line: <c>250ms</c>, <c>2s</c>, <c>5m</c>, <c>1s..30s</c>.</summary>
public static class DurationText
{
    /// <summary>One duration; null when the text is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        var (number, factor) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1.0),
            _ when text.EndsWith('s') => (text[..^1], 1000.0),
            _ when text.EndsWith('m') => (text[..^1], 60_000.0),
            _ => ("", 0.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * factor < int.MaxValue
            ? TimeSpan.FromMilliseconds(value * factor)
            : null;
    }

    /// <summary>A range, or one duration as both ends; null when the text is neither.</summary>
    public static (TimeSpan Shortest, TimeSpan Longest)? ParseRange(string text)
    {
        var ends = text.Split("..");
        var parsed = ends.Select(Parse).ToList();
        return ends.Length is 1 or 2 && parsed[0] is { } shortest && parsed[^1] is { } longest && shortest <= longest
            ? (shortest, longest)
            : null;
    }
}
