using Breeze.Core.Policies;
using NodaTime;

namespace Breeze.Core.Tests.Policies;

/// <summary>When a schedule runs: against a reference that knows nothing but the wall clock, and by the sentences of the contract.</summary>
public sealed class PatchScheduleTests
{
    private static readonly DateTimeOffset From = new(2022, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Zones =>
    [
        "UTC", "Europe/Zurich", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago", "America/Havana", "America/Asuncion",
        "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia",
    ];

    private static IReadOnlyList<PatchSchedule> Schedules { get; } =
    [
        Daily(0, 0), Daily(0, 30), Daily(1, 30), Daily(2, 0), Daily(2, 15), Daily(2, 59), Daily(3, 0), Daily(23, 59),
        Weekly(2, 0, DayOfWeek.Sunday), Weekly(0, 0, DayOfWeek.Friday), Weekly(2, 30, DayOfWeek.Saturday), Weekly(12, 0, DayOfWeek.Wednesday),
        Monthly(2, 0, 1), Monthly(0, 0, 15), Monthly(2, 30, 28), Monthly(2, 0, 29), Monthly(2, 30, 30), Monthly(2, 30, 31), Monthly(23, 59, 31),
    ];

    /// <summary>Steps through five years minute by minute: a day's occurrence is the first minute at which the wall has reached its time.</summary>
    [Theory]
    [MemberData(nameof(Zones))]
    public void Five_years_of_occurrences_are_those_of_the_wall_clock(string zone)
    {
        var walls = Schedules.Select(s => new WallClock(s)).ToList();
        var earliest = DateTime.MinValue;
        for (var (minute, offset, until) = (From.UtcDateTime, TimeSpan.Zero, DateTime.MinValue); minute < To.UtcDateTime; minute = minute.AddMinutes(1))
        {
            if (minute >= until)
            {
                var interval = DateTimeZoneProviders.Tzdb[zone].GetZoneInterval(Instant.FromDateTimeUtc(minute));
                (offset, until) = (interval.WallOffset.ToTimeSpan(), interval.HasEnd ? interval.End.ToDateTimeUtc() : DateTime.MaxValue);
            }

            if (minute + offset >= earliest)
            {
                walls.ForEach(wall => wall.Reads(minute + offset, minute));
                earliest = walls.Min(wall => wall.Awaited);
            }
        }

        for (var i = 0; i < walls.Count; i++)
        {
            Assert.Equal(walls[i].Seen, Sequence(Schedules[i], zone));
        }
    }

    [Theory]
    [InlineData("Europe/Zurich", 2, 30, "2026-03-28T12:00:00Z", "2026-03-29", "2026-03-29T01:00:00Z")] // 02:30 does not exist: 03:00 summer time.
    [InlineData("Europe/Zurich", 2, 30, "2026-10-24T12:00:00Z", "2026-10-25", "2026-10-25T00:30:00Z")] // 02:30 exists twice: the first.
    [InlineData("Europe/Zurich", 2, 30, "2026-10-25T00:30:00Z", "2026-10-26", "2026-10-26T01:30:00Z")] // … and not the second.
    [InlineData("Africa/Cairo", 0, 0, "2026-04-23T12:00:00Z", "2026-04-24", "2026-04-23T22:00:00Z")] // Midnight does not exist: 01:00.
    [InlineData("America/New_York", 2, 0, "2026-03-02T12:00:00Z", "2026-03-03", "2026-03-03T07:00:00Z")]
    [InlineData("UTC", 2, 0, "2026-03-03T02:00:00Z", "2026-03-04", "2026-03-04T02:00:00Z")] // At the very instant: the next one.
    [InlineData("UTC", 2, 0, "2026-03-03T01:59:59.999Z", "2026-03-03", "2026-03-03T02:00:00Z")]
    [InlineData("Pacific/Apia", 2, 0, "2011-12-29T20:00:00Z", "2011-12-30", "2011-12-30T10:00:00Z")] // A day that the island skipped: its first instant after.
    [InlineData("Pacific/Apia", 2, 0, "2011-12-30T10:00:00Z", "2011-12-31", "2011-12-30T12:00:00Z")]
    public void A_daily_time_follows_the_wall_clock_of_its_zone(string zone, int hour, int minute, string after, string date, string at) =>
        Assert.Equal(new ScheduledTime(DateOnly.Parse(date), DateTimeOffset.Parse(at)), Daily(hour, minute).Next(zone, DateTimeOffset.Parse(after)));

    [Theory]
    [InlineData(29, "2026-02-01T00:00:00Z", "2026-02-28")]
    [InlineData(31, "2026-02-01T00:00:00Z", "2026-02-28")]
    [InlineData(31, "2028-02-01T00:00:00Z", "2028-02-29")]
    [InlineData(31, "2026-04-01T00:00:00Z", "2026-04-30")]
    [InlineData(30, "2026-03-31T00:00:00Z", "2026-04-30")]
    [InlineData(1, "2026-03-01T02:00:00Z", "2026-04-01")]
    public void A_day_that_a_month_does_not_have_is_its_last(int day, string after, string date) =>
        Assert.Equal(DateOnly.Parse(date), Monthly(2, 0, day).Next("UTC", DateTimeOffset.Parse(after)).LocalDate);

    [Fact]
    public void A_zone_that_does_not_exist_is_a_bug() =>
        Assert.Throws<ArgumentException>(() => Daily(2, 0).Next("Europe/Nowhere", From));

    private static IEnumerable<ScheduledTime> Sequence(PatchSchedule schedule, string zone)
    {
        for (var next = schedule.Next(zone, From.AddTicks(-1)); next.At < To; next = schedule.Next(zone, next.At))
        {
            yield return next;
        }
    }

    private static PatchSchedule Daily(int hour, int minute) => new(ScheduleFrequency.Daily, new TimeOnly(hour, minute));

    private static PatchSchedule Weekly(int hour, int minute, DayOfWeek day) => new(ScheduleFrequency.Weekly, new TimeOnly(hour, minute), day);

    private static PatchSchedule Monthly(int hour, int minute, int day) => new(ScheduleFrequency.Monthly, new TimeOnly(hour, minute), null, day);

    /// <summary>The reference: waits for the wall to reach the next day's time, and notes the minute.</summary>
    private sealed class WallClock(PatchSchedule schedule)
    {
        public DateTime Awaited { get; private set; }

        public List<ScheduledTime> Seen { get; } = [];

        public void Reads(DateTime wall, DateTime minute)
        {
            // What lies before the first reading was reached before anybody looked.
            Awaited = Awaited == default ? After(wall.AddMinutes(-1)) : Awaited;
            while (wall >= Awaited)
            {
                Seen.Add(new ScheduledTime(DateOnly.FromDateTime(Awaited), new DateTimeOffset(minute, TimeSpan.Zero)));
                Awaited = After(Awaited);
            }
        }

        private DateTime After(DateTime wall)
        {
            for (var day = wall.Date; ; day = day.AddDays(1))
            {
                if (Names(day) && day + schedule.Time.ToTimeSpan() > wall)
                {
                    return day + schedule.Time.ToTimeSpan();
                }
            }
        }

        private bool Names(DateTime day) => schedule.Frequency switch
        {
            ScheduleFrequency.Daily => true,
            ScheduleFrequency.Weekly => day.DayOfWeek == schedule.DayOfWeek,
            _ => day.Day == schedule.DayOfMonth || (day.Day < schedule.DayOfMonth && day.AddDays(1).Day == 1),
        };
    }
}
