using System.Globalization;
using Breeze.Core.Fleet;

namespace Breeze.Core.Tests.Fleet;

public sealed class WindowScheduleTests
{
    [Theory]
    // Once.
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, null, "2026-03-01T21:59:59Z", false)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, null, "2026-03-01T22:00:00Z", true)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, null, "2026-03-02T01:59:59Z", true)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, null, "2026-03-02T02:00:00Z", false)]
    // Daily, over midnight.
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, "FREQ=DAILY", "2026-05-17T00:30:00Z", true)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, "FREQ=DAILY", "2026-05-17T12:00:00Z", false)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", 240, "FREQ=DAILY", "2026-03-01T00:30:00Z", false)]
    // The wall clock recurs: 02:00 in Zurich is 01:00Z in winter and 00:00Z in summer.
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 60, "FREQ=DAILY", "2026-02-10T01:30:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 60, "FREQ=DAILY", "2026-07-10T00:30:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 60, "FREQ=DAILY", "2026-07-10T01:30:00Z", false)]
    // The clock jumps from 02:00 to 03:00 on 29 March 2026 (01:00Z): a start inside the gap is the first instant after it.
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", 60, "FREQ=DAILY", "2026-03-29T00:59:59Z", false)]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", 60, "FREQ=DAILY", "2026-03-29T01:00:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", 60, "FREQ=DAILY", "2026-03-29T02:00:00Z", false)]
    // A window around the gap lasts its elapsed time and is one.
    [InlineData("Europe/Zurich", "2026-01-10T01:00:00+01:00", 180, "FREQ=DAILY", "2026-03-29T01:00:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T01:00:00+01:00", 180, "FREQ=DAILY", "2026-03-29T02:59:59Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T01:00:00+01:00", 180, "FREQ=DAILY", "2026-03-29T03:00:00Z", false)]
    // 02:30 happens twice on 25 October 2026 (00:30Z and 01:30Z): the earlier starts it, and only that.
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", 30, "FREQ=DAILY", "2026-10-25T00:45:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", 30, "FREQ=DAILY", "2026-10-25T01:45:00Z", false)]
    // A window around the overlap is one, of its elapsed time.
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 120, "FREQ=DAILY", "2026-10-25T00:00:00Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 120, "FREQ=DAILY", "2026-10-25T01:59:59Z", true)]
    [InlineData("Europe/Zurich", "2026-01-10T02:00:00+01:00", 120, "FREQ=DAILY", "2026-10-25T02:00:00Z", false)]
    // Week days are the zone's: Saturday 00:30 in Auckland is Friday in UTC.
    [InlineData("Pacific/Auckland", "2026-01-03T00:30:00+13:00", 60, "FREQ=WEEKLY;BYDAY=SA", "2026-01-09T11:45:00Z", true)]
    [InlineData("Pacific/Auckland", "2026-01-03T00:30:00+13:00", 60, "FREQ=WEEKLY;BYDAY=SA", "2026-01-10T11:45:00Z", false)]
    // The second Tuesday of the month, and the last day of it.
    [InlineData("UTC", "2026-01-13T20:00:00Z", 120, "RRULE:FREQ=MONTHLY;BYDAY=2TU", "2026-06-09T21:00:00Z", true)]
    [InlineData("UTC", "2026-01-13T20:00:00Z", 120, "freq=monthly;byday=2tu", "2026-06-02T21:00:00Z", false)]
    [InlineData("UTC", "2026-01-31T20:00:00Z", 120, "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-02-28T21:00:00Z", true)]
    // Ends.
    [InlineData("UTC", "2026-01-01T20:00:00Z", 60, "FREQ=DAILY;COUNT=3", "2026-01-03T20:30:00Z", true)]
    [InlineData("UTC", "2026-01-01T20:00:00Z", 60, "FREQ=DAILY;COUNT=3", "2026-01-04T20:30:00Z", false)]
    [InlineData("UTC", "2026-01-01T20:00:00Z", 60, "FREQ=DAILY;UNTIL=20260103", "2026-01-03T20:30:00Z", true)]
    [InlineData("UTC", "2026-01-01T20:00:00Z", 60, "FREQ=DAILY;UNTIL=20260103T195959Z", "2026-01-03T20:30:00Z", false)]
    // Openings may overlap.
    [InlineData("UTC", "2026-01-01T20:00:00Z", 2880, "FREQ=DAILY", "2026-01-20T19:59:00Z", true)]
    // Long ago, and on a leap day.
    [InlineData("UTC", "1990-01-01T20:00:00Z", 60, "FREQ=DAILY;INTERVAL=2", "2026-01-02T20:30:00Z", true)]
    [InlineData("UTC", "2024-02-29T20:00:00Z", 60, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29T20:30:00Z", true)]
    [InlineData("UTC", "2024-02-29T20:00:00Z", 60, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2027-02-28T20:30:00Z", false)]
    public void A_window_is_open_from_its_start_for_its_duration(
        string zone, string starts, int minutes, string? recurrence, string at, bool inside) =>
        Assert.Equal(inside, Schedule(zone, starts, minutes, recurrence).IsInside(At(at)));

    [Theory]
    [InlineData("UTC", "2026-03-01T22:00:00Z", null, "2026-02-01T00:00:00Z", "2026-03-01T22:00:00Z")]
    [InlineData("UTC", "2026-03-01T22:00:00Z", null, "2026-03-01T22:00:00Z", null)]
    [InlineData("UTC", "2026-03-01T22:00:00Z", "FREQ=DAILY", "2026-03-01T22:00:00Z", "2026-03-02T22:00:00Z")]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", "FREQ=DAILY", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", "FREQ=DAILY", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Zurich", "2026-01-10T02:30:00+01:00", "FREQ=DAILY", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("UTC", "2026-01-01T20:00:00Z", "FREQ=DAILY;COUNT=3", "2026-01-03T20:00:00Z", null)]
    [InlineData("UTC", "2024-02-29T20:00:00Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01T00:00:00Z", "2028-02-29T20:00:00Z")]
    public void The_next_opening_is_the_first_start_after(string zone, string starts, string? recurrence, string after, string? next) =>
        Assert.Equal(next is null ? null : At(next), Schedule(zone, starts, 30, recurrence).NextOpening(At(after)));

    [Theory]
    [InlineData(null, "2026-01-01T00:00:00Z", 60, null, "timeZone")]
    [InlineData("Mars/Olympus", "2026-01-01T00:00:00Z", 60, null, "timeZone")]
    [InlineData("UTC", "1066-01-01T00:00:00Z", 60, null, "startsAt")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 0, null, "durationMinutes")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 44_641, null, "durationMinutes")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "every day", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "BYDAY=MO", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=SECONDLY", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;FREQ=DAILY", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;INTERVAL=0", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;COUNT=3;UNTIL=20260101", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=WEEKLY;BYDAY=XX", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;BYDAY=2TU", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;X=1", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "recurrence")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", 60, "FREQ=DAILY;UNTIL=20250101", "recurrence")]
    public void What_cannot_be_a_window_is_refused_with_its_member(string? zone, string starts, int minutes, string? recurrence, string field) =>
        Assert.Equal(field, WindowSchedule.Create(zone, At(starts), minutes, recurrence).Refusal?.Field);

    [Fact]
    public void A_rule_that_began_long_ago_costs_no_more_than_a_fresh_one()
    {
        var schedule = Schedule("Europe/Zurich", "1971-01-01T20:00:00Z", 60, "FREQ=DAILY");
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull(schedule.NextOpening(At("2026-01-01T00:00:00Z").AddDays(i)));
        }

        // Twenty thousand steps an answer would take many seconds; the figure leaves room for a busy machine.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0, 15);
    }

    private static WindowSchedule Schedule(string zone, string starts, int minutes, string? recurrence)
    {
        var answer = WindowSchedule.Create(zone, At(starts), minutes, recurrence);
        Assert.Null(answer.Refusal);
        return answer.Value!;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
