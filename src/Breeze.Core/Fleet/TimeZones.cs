using NodaTime;
using NodaTime.Text;

namespace Breeze.Core.Fleet;

/// <summary>IANA time zones, from the tables inside the package: the same on every machine.</summary>
public static class TimeZones
{
    /// <summary>The zone, or null when there is none of that name (names are exact: <c>Europe/Zurich</c>, <c>UTC</c>).</summary>
    public static DateTimeZone? Find(string? id) => id is { Length: > 0 and <= 64 } ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) : null;

    /// <summary>An instant on the wall clock of a zone, to the minute: <c>2026-03-29T03:00</c>.</summary>
    /// <exception cref="ArgumentException">There is no such zone: what is stored was checked when it was saved.</exception>
    public static string Local(string zone, DateTimeOffset at) => LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm").Format(
        Instant.FromDateTimeOffset(at).InZone(Find(zone) ?? throw new ArgumentException($"{zone} is no IANA time zone.", nameof(zone))).LocalDateTime);

    public static Refusal Unknown(string? id, string field) => Refusal.Invalid(
        id is null ? $"{field} is required." : $"{field} \"{Shown.Text(id)}\" is no IANA time zone.", field);
}
