using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Whether a device can be reached.</summary>
public enum Presence
{
    /// <summary>Its socket is open on a silo whose lease is alive.</summary>
    Online = 1,

    /// <summary>Its connection ended less than 60 s ago, or its silo just died or restarted: it is waited for.</summary>
    RecentlyOffline = 2,

    Offline = 3,
}

/// <param name="SiloId">The silo that holds the socket; null unless online.</param>
public sealed record DevicePresence(DeviceId DeviceId, Presence State, string? SiloId);

/// <summary>Presence as SQL, for filters and joins. Statements that use it take <c>@now</c> (milliseconds).</summary>
public static class PresenceSql
{
    /// <summary>How long a device is waited for after its connection, or its silo, ended.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>True for devices that are online.</summary>
    /// <param name="device">The alias of <c>devices</c>.</param>
    public static string Online(string device) =>
        $"({device}.disconnected_at is null and exists (select 1 from silo_leases presence_lease where presence_lease.silo_id = {device}.silo_id "
        + "and presence_lease.ended_at is null and presence_lease.lease_until > @now))";
}

/// <summary>Presence of many devices at once.</summary>
public static class PresenceQueries
{
    /// <summary>The presence of each device; one that does not exist is offline.</summary>
    /// <param name="tx">The transaction to read in; null to read what is committed.</param>
    public static async Task<IReadOnlyDictionary<DeviceId, DevicePresence>> Of(
        DbConnection connection, DbTransaction? tx, IReadOnlyList<DeviceId> devices, DateTimeOffset now)
    {
        const string Sql =
            """
            with v as ({rows})
            select d.id, d.silo_id, d.disconnected_at, l.lease_until, l.ended_at
            from v join devices d on d.id = v.device_id left join silo_leases l on l.silo_id = d.silo_id
            """;
        var ids = new Rows().Uuid("device_id", [.. devices.Select(d => d.Value).Distinct()]);
        var rows = tx is null ? await connection.QueryRows<PresenceRow>(Sql, ids) : await tx.QueryRows<PresenceRow>(Sql, ids);
        var found = rows.ToDictionary(r => new DeviceId(r.Id), r => r.At(now));
        foreach (var device in devices)
        {
            found.TryAdd(device, new(device, Presence.Offline, null));
        }

        return found;
    }

    private sealed class PresenceRow
    {
        public Guid Id { get; init; }

        public string? SiloId { get; init; }

        public long? DisconnectedAt { get; init; }

        public long? LeaseUntil { get; init; }

        public long? EndedAt { get; init; }

        public DevicePresence At(DateTimeOffset now)
        {
            var at = now.ToUnixTimeMilliseconds();
            if (DisconnectedAt is null && EndedAt is null && LeaseUntil > at)
            {
                return new(new(Id), Presence.Online, SiloId);
            }

            // The instant it went: its own disconnection, its silo's end, or the lapse of a lease nobody renewed.
            var since = DisconnectedAt ?? EndedAt ?? LeaseUntil;
            var waited = since is { } ended && ended > at - (long)PresenceSql.Grace.TotalMilliseconds;
            return new(new(Id), waited ? Presence.RecentlyOffline : Presence.Offline, null);
        }
    }
}
