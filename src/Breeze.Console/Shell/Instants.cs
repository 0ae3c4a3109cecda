using System.Globalization;

namespace Breeze.Console.Shell;

/// <summary>Times as people read them, in the viewer's zone.</summary>
public static class Instants
{
    public static string Local(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>To the millisecond, with the offset, and in UTC.</summary>
    public static string Exact(DateTimeOffset at) => string.Create(
        CultureInfo.InvariantCulture, $"{at.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff zzz} · {at.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");

    /// <summary>"3 min ago", "in 2 h"; "now" within five seconds.</summary>
    public static string FromNow(DateTimeOffset at, DateTimeOffset now)
    {
        var distance = at - now;
        return Math.Abs(distance.TotalSeconds) < 5 ? "now" : distance > TimeSpan.Zero ? $"in {Long(distance)}" : $"{Long(-distance)} ago";
    }

    /// <summary>The two largest units: "2 h 5 min", "4 d", "12 s". Never negative.</summary>
    public static string Long(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "0 s",
        { TotalMinutes: < 1 } => Text($"{(int)time.TotalSeconds} s"),
        { TotalMinutes: < 10 } when time.Seconds > 0 => Text($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        { TotalHours: < 1 } => Text($"{(int)time.TotalMinutes} min"),
        { TotalDays: < 1 } when time.Minutes > 0 => Text($"{(int)time.TotalHours} h {time.Minutes} min"),
        { TotalDays: < 1 } => Text($"{(int)time.TotalHours} h"),
        { TotalDays: < 7 } when time.Hours > 0 => Text($"{(int)time.TotalDays} d {time.Hours} h"),
        _ => Text($"{(int)time.TotalDays} d"),
    };

    /// <summary>As an input of type datetime-local has it.</summary>
    public static string ForInput(DateTimeOffset? at) =>
        at is { } time ? time.ToLocalTime().ToString(time.Second == 0 ? "yyyy-MM-dd'T'HH:mm" : "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) : "";

    /// <summary>What such an input says, in the viewer's zone; null for nothing.</summary>
    public static DateTimeOffset? FromInput(string? local) =>
        DateTime.TryParse(local, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal | DateTimeStyles.AdjustToUniversal, out var at)
            ? new DateTimeOffset(at, TimeSpan.Zero)
            : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
