using System.Globalization;
using System.Text;

namespace Breeze.Cli.Terminal;

/// <summary>Text for a terminal. What devices and operators named is hostile: control characters would move the cursor or recolour the screen.</summary>
public static class Printable
{
    /// <summary>One line, with every control, format and line-separating character replaced; cut to <paramref name="limit"/> characters with an ellipsis.</summary>
    public static string Line(string? text, int limit = 200)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var line = new StringBuilder(Math.Min(text.Length, limit));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= limit)
            {
                return line.Append('…').ToString();
            }

            line.Append(IsHostile(rune) ? "·" : rune.ToString());
        }

        return line.ToString();
    }

    /// <summary>Several lines, each as <see cref="Line"/>; at most <paramref name="lines"/> of them.</summary>
    public static IReadOnlyList<string> Lines(string? text, int lines)
    {
        var all = (text ?? "").ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        return [.. all.Take(lines).Select(line => Line(line)), .. all.Length > lines ? [$"… {all.Length - lines} more lines"] : Array.Empty<string>()];
    }

    /// <summary>The local time for people: with the day only when it is not today.</summary>
    public static string Time(DateTimeOffset? at, TimeProvider clock) =>
        at is not { } time ? ""
        : TimeZoneInfo.ConvertTime(time, clock.LocalTimeZone) is var local && local.Date == clock.GetLocalNow().Date
            ? local.ToString("HH:mm:ss", CultureInfo.InvariantCulture)
            : local.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary><c>m:ss</c>, or <c>h:mm:ss</c> from an hour on; nothing below zero.</summary>
    public static string Span(TimeSpan span)
    {
        var positive = span < TimeSpan.Zero ? TimeSpan.Zero : span;
        return positive.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)positive.TotalHours}:{positive.Minutes:00}:{positive.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{positive.Minutes}:{positive.Seconds:00}");
    }

    private static bool IsHostile(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
