using Breeze.Core.Fleet;
using NodaTime;
using NodaTime.Extensions;
using NodaTime.TimeZones;

namespace Breeze.Core.Policies;

public enum ScheduleFrequency
{
    Daily = 1,
    Weekly,
    Monthly,
}

/// <summary>One time that a schedule names: the day it belongs to, and the instant it falls on.</summary>
/// <param name="LocalDate">The day on the zone's calendar. After a gap at midnight the instant may lie on the next day.</param>
public readonly record struct ScheduledTime(DateOnly LocalDate, DateTimeOffset At);

/// <summary>When a policy runs: a time of day, on every day, one weekday, or one day of the month.</summary>
/// <remarks>
/// The clock is the wall's in a time zone. A day's occurrence is the first instant at which that wall has reached the time: so one that the
/// clock jumps over falls on the instant after the jump, and one that the clock shows twice falls on the first (contract, section 3).
/// </remarks>
/// <param name="Time">To the minute.</param>
/// <param name="DayOfWeek">Of a weekly schedule; else null.</param>
/// <param name="DayOfMonth">1 to 31, of a monthly schedule, and its last day in a shorter month; else null.</param>
public sealed record PatchSchedule(ScheduleFrequency Frequency, TimeOnly Time, DayOfWeek? DayOfWeek = null, int? DayOfMonth = null)
{
    // No zone has ever moved by more than a day, so two days around an instant hold every date whose occurrence can lie there.
    private const int DaysOfReach = 2;

    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>The first occurrence after an instant; an occurrence at that very instant is not after it.</summary>
    /// <param name="timeZone">An IANA zone, for example <c>Europe/Zurich</c>.</param>
    /// <exception cref="ArgumentException">There is no such zone: what is stored was checked when it was saved.</exception>
    public ScheduledTime Next(string timeZone, DateTimeOffset after)
    {
        var zone = TimeZones.Find(timeZone) ?? throw new ArgumentException($"{timeZone} is no IANA time zone.", nameof(timeZone));
        var from = Instant.FromDateTimeOffset(after);
        var date = from.InZone(zone).Date.PlusDays(-DaysOfReach);
        while (true)
        {
            date = FirstDayFrom(date);
            var at = date.At(LocalTime.FromTimeOnly(Time)).InZone(zone, Resolver).ToInstant();
            if (at > from)
            {
                return new ScheduledTime(date.ToDateOnly(), at.ToDateTimeOffset());
            }

            date = date.PlusDays(1);
        }
    }

    /// <summary>The occurrences after an instant, one after the other, without end: take as many as are wanted.</summary>
    /// <inheritdoc cref="Next"/>
    public IEnumerable<ScheduledTime> Following(string timeZone, DateTimeOffset after)
    {
        while (true)
        {
            var next = Next(timeZone, after);
            yield return next;
            after = next.At;
        }
    }

    /// <summary>The first day at or after a date that the schedule names.</summary>
    private LocalDate FirstDayFrom(LocalDate date)
    {
        switch (Frequency)
        {
            case ScheduleFrequency.Daily:
                return date;
            case ScheduleFrequency.Weekly:
                var weekday = DayOfWeek!.Value.ToIsoDayOfWeek();
                return date.DayOfWeek == weekday ? date : date.Next(weekday);
            case ScheduleFrequency.Monthly:
                var day = InMonth(date.Year, date.Month);
                if (day >= date)
                {
                    return day;
                }

                var next = new LocalDate(date.Year, date.Month, 1).PlusMonths(1);
                return InMonth(next.Year, next.Month);
            default:
                throw new InvalidOperationException($"No rule says when {Frequency} is.");
        }
    }

    private LocalDate InMonth(int year, int month) =>
        new(year, month, Math.Min(DayOfMonth!.Value, CalendarSystem.Iso.GetDaysInMonth(year, month)));
}
