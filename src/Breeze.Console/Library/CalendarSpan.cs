using System.Globalization;

namespace Breeze.Console.Library;

/// <summary>The days that a calendar shows, in the viewer's zone; weeks begin on Monday.</summary>
/// <param name="First">The first day that is shown.</param>
/// <param name="Days">A multiple of seven.</param>
/// <param name="Middle">The day that was asked for.</param>
public sealed record CalendarSpan(DateOnly First, int Days, DateOnly Middle)
{
    public static CalendarSpan Of(DateOnly day, bool isWeek)
    {
        if (isWeek)
        {
            return new(Monday(day), 7, day);
        }

        var first = Monday(new DateOnly(day.Year, day.Month, 1));
        var last = new DateOnly(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month));
        return new(first, (((last.DayNumber - first.DayNumber) / 7) + 1) * 7, day);
    }

    public bool IsWeek => Days == 7;

    public string Title => IsWeek
        ? string.Create(CultureInfo.InvariantCulture, $"{First:d MMMM} – {First.AddDays(6):d MMMM yyyy}")
        : Middle.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    public DateOnly Earlier => IsWeek ? Middle.AddDays(-7) : Middle.AddMonths(-1);

    public DateOnly Later => IsWeek ? Middle.AddDays(7) : Middle.AddMonths(1);

    public IEnumerable<DateOnly[]> Weeks => Enumerable.Range(0, Days).Select(i => First.AddDays(i)).Chunk(7);

    public DateTimeOffset From => Midnight(First);

    public DateTimeOffset To => Midnight(First.AddDays(Days));

    /// <summary>The first instant of a day in the viewer's zone, where a clock change may have taken midnight away.</summary>
    public static DateTimeOffset Midnight(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (TimeZoneInfo.Local.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new DateTimeOffset(local, TimeZoneInfo.Local.GetUtcOffset(local));
    }

    private static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
}
