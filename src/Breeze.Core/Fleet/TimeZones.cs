using NodaTime;

namespace Breeze.Core.Fleet;

/// <summary>IANA time zones, from the tables inside the package: the same on every machine.</summary>
public static class TimeZones
{
    /// <summary>The zone, or null when there is none of that name (names are exact: <c>Europe/Zurich</c>, <c>UTC</c>).</summary>
    public static DateTimeZone? Find(string? id) => id is { Length: > 0 and <= 64 } ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) : null;

    public static Refusal Unknown(string? id, string field) => Refusal.Invalid(
        id is null ? $"{field} is required." : $"{field} \"{Shown.Text(id)}\" is no IANA time zone.", field);
}
