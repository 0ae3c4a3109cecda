namespace Breeze.Silo.Fleet;

/// <summary>Presence as SQL over <c>devices d</c>: a device is online while the silo that holds its socket renews its lease.</summary>
internal static class PresenceFilter
{
    /// <summary>True while online, else false, never null.</summary>
    /// <param name="now">The name of the argument that holds now, in milliseconds.</param>
    public static string Online(string now) =>
        "(d.disconnected_at is null and d.silo_id is not null and d.silo_id in"
        + $" (select l.silo_id from silo_leases l where l.lease_until > {now} and l.ended_at is null))";

    /// <summary>
    /// When the device was last there: now while online, else the end of its connection (when a silo dies nobody writes that down per
    /// device: it is the end of the silo's lease); null when it never was.
    /// </summary>
    public static string LastSeenAt(string now) =>
        $"(case when {Online(now)} then {now} else coalesce(d.disconnected_at,"
        + " (select coalesce(l.ended_at, l.lease_until) from silo_leases l where l.silo_id = d.silo_id), d.last_seen_at) end)";

    /// <summary>To sort by when devices were last there: those that are online stand together, whatever the time is on the next page.</summary>
    /// <remarks>Of devices with <see cref="LastSeenOrderJoin"/>.</remarks>
    public static string LastSeenOrder(string now) =>
        $"(case when d.disconnected_at is null and l.lease_until > {now} and l.ended_at is null then {long.MaxValue}"
        + " else coalesce(d.disconnected_at, l.ended_at, l.lease_until, d.last_seen_at, 0) end)";

    /// <inheritdoc cref="LastSeenOrder"/>
    public const string LastSeenOrderJoin = " left join silo_leases l on l.silo_id = d.silo_id";
}
