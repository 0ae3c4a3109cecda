using Ical.Net.DataTypes;
using Ical.Net.Evaluation;
using NodaTime;
using NodaTime.TimeZones;
using Duration = NodaTime.Duration;

namespace Breeze.Core.Fleet;

/// <summary>When a maintenance window is open: once, or again and again by an RFC 5545 rule in its time zone.</summary>
/// <remarks>
/// Starts recur on the wall clock of the zone: a start that does not exist that day is the first instant after the gap, one that exists
/// twice is the earlier. Each opening then lasts its duration of elapsed time, so neither midnight nor a clock change splits it.
/// The start belongs to the window, the end does not.
/// </remarks>
public sealed class WindowSchedule
{
    public const int MaxDurationMinutes = 31 * 24 * 60;

    // Enough for a 29 February on a certain weekday among daily steps; a rule that finds nothing in so many steps never opens again.
    private static readonly EvaluationOptions Limits = new() { MaxUnmatchedIncrementsLimit = 15_000 };
    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    private readonly DateTimeZone _zone;
    private readonly Instant _first;
    private readonly Duration _length;
    private readonly RecurrenceText? _recurrence;

    private WindowSchedule(DateTimeZone zone, Instant first, Duration length, RecurrenceText? recurrence) =>
        (_zone, _first, _length, _recurrence) = (zone, first, length, recurrence);

    /// <summary>Checks and makes a schedule; refuses with the member's name.</summary>
    /// <param name="timeZone">An IANA zone, for example <c>Europe/Zurich</c>.</param>
    /// <param name="startsAt">The first opening; its wall time in the zone is the one that recurs. Fractions of a second are dropped.</param>
    /// <param name="durationMinutes">1 to 44640 (31 days).</param>
    /// <param name="recurrence">An RFC 5545 rule (daily to yearly), or null for a single opening.</param>
    public static Answer<WindowSchedule> Create(string? timeZone, DateTimeOffset startsAt, int durationMinutes, string? recurrence)
    {
        if (TimeZones.Find(timeZone) is not { } zone)
        {
            return TimeZones.Unknown(timeZone, "timeZone");
        }

        if (startsAt.UtcDateTime.Year is < 1970 or > 2200)
        {
            return Refusal.Invalid("startsAt must be between the years 1970 and 2200.", "startsAt");
        }

        if (durationMinutes is < 1 or > MaxDurationMinutes)
        {
            return Refusal.Invalid($"durationMinutes must be from 1 to {MaxDurationMinutes}.", "durationMinutes");
        }

        var first = Instant.FromUnixTimeSeconds(startsAt.ToUnixTimeSeconds());
        var length = Duration.FromMinutes(durationMinutes);
        if (recurrence is null)
        {
            return new WindowSchedule(zone, first, length, null);
        }

        var rule = RecurrenceText.Read(recurrence, "recurrence");
        if (rule.Refusal is not null)
        {
            return rule.Refusal;
        }

        var schedule = new WindowSchedule(zone, first, length, rule.Value);
        try
        {
            return schedule.StartsFrom(first).Any()
                ? schedule
                : Refusal.Invalid("recurrence never opens the window.", "recurrence");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or EvaluationException)
        {
            return Refusal.Invalid("recurrence is not a rule that a calendar can follow.", "recurrence");
        }
    }

    /// <summary>Whether the window is open at this instant.</summary>
    public bool IsInside(DateTimeOffset at)
    {
        var instant = Instant.FromDateTimeOffset(at);
        return StartsFrom(instant - _length).TakeWhile(start => start <= instant).Any(start => instant < start + _length);
    }

    /// <summary>The first opening after this instant; null when none is left (or none for centuries).</summary>
    public DateTimeOffset? NextOpening(DateTimeOffset after)
    {
        var instant = Instant.FromDateTimeOffset(after);
        foreach (var start in StartsFrom(instant))
        {
            if (start > instant)
            {
                return start.ToDateTimeOffset();
            }
        }

        return null;
    }

    /// <summary>Every opening that overlaps a span of time, in order of their starts, worked out as they are consumed.</summary>
    /// <param name="to">The first instant that no longer belongs to the span.</param>
    public IEnumerable<(DateTimeOffset StartsAt, DateTimeOffset EndsAt)> Openings(DateTimeOffset from, DateTimeOffset to)
    {
        var (first, end) = (Instant.FromDateTimeOffset(from), Instant.FromDateTimeOffset(to));
        return StartsFrom(first - _length).TakeWhile(start => start < end).Where(start => start + _length > first)
            .Select(start => (start.ToDateTimeOffset(), (start + _length).ToDateTimeOffset()));
    }

    /// <summary>Starts at or after an instant, in order, one at a time.</summary>
    private IEnumerable<Instant> StartsFrom(Instant from)
    {
        if (_recurrence is not { } recurrence)
        {
            return _first >= from ? [_first] : [];
        }

        return Enumerate(recurrence, from);
    }

    private IEnumerable<Instant> Enumerate(RecurrenceText recurrence, Instant from)
    {
        var start = _first.InZone(_zone).LocalDateTime;
        // A day earlier than asked: the library compares wall times, and a zone may have jumped.
        var wanted = LocalDateTime.Max(start, Instant.Max(from, _first).InZone(_zone).LocalDateTime.PlusDays(-1));
        var evaluator = new RecurrencePatternEvaluator(new RecurrenceRule(recurrence.Rule));
        using var periods = evaluator.Evaluate(Floating(start), Floating(wanted), Limits).GetEnumerator();
        while (Next(periods) is { } local)
        {
            var at = local.InZone(_zone, Resolver).ToInstant();
            if (local > recurrence.UntilLocal || at > recurrence.UntilInstant)
            {
                yield break;
            }

            if (at >= from && at >= _first)
            {
                yield return at;
            }
        }
    }

    private static LocalDateTime? Next(IEnumerator<Ical.Net.DataTypes.Period> periods)
    {
        try
        {
            return periods.MoveNext() ? LocalDateTime.FromDateTime(periods.Current.StartTime.Value) : null;
        }
        catch (Exception e) when (e is EvaluationLimitExceededException or EvaluationOutOfRangeException)
        {
            return null;
        }
    }

    private static CalDateTime Floating(LocalDateTime local) =>
        new(local.Year, local.Month, local.Day, local.Hour, local.Minute, local.Second);
}
