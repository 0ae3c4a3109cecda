using System.Data.Common;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Enrols devices, many in one transaction: each use of a key is counted by the update that allows it.</summary>
public sealed class EnrolmentStore : IAsyncDisposable
{
    private readonly IDatabase _database;
    private readonly TimeProvider _clock;
    private readonly GroupCommit<EnrollRequest, NewDevice?> _enrolments;

    public EnrolmentStore(IDatabase database, TimeProvider clock)
    {
        (_database, _clock) = (database, clock);
        _enrolments = new("enrolments", database, Enrol, new() { MaxBatch = 256 });
    }

    /// <summary>Makes a device; null when the key is unknown, expired, exhausted or revoked.</summary>
    /// <param name="request">Checked and cleaned.</param>
    internal Task<NewDevice?> Enrol(EnrollRequest request) => _enrolments.Commit(request);

    public ValueTask DisposeAsync() => _enrolments.DisposeAsync();

    private async Task<IReadOnlyList<NewDevice?>> Enrol(DbTransaction tx, IReadOnlyList<EnrollRequest> requests)
    {
        var now = _clock.GetUtcNow();
        var hashes = requests.Select(r => DeviceToken.Hash(r.EnrollmentKey)).ToList();
        var hold = _database.Engine == EngineKind.Postgres ? " for update of k" : "";
        var keys = (await tx.QueryRows<KeyRow>(
            $$"""
            with v as ({rows})
            select k.id, k.key_hash, k.org_id, k.site_id, k.max_uses, k.uses from enrollment_keys k join v on v.hash = k.key_hash
            where k.revoked_at is null and (k.expires_at is null or k.expires_at > @now) order by k.id{{hold}}
            """,
            new Rows().Text("hash", [.. hashes.Distinct()]),
            new { now = now.ToUnixTimeMilliseconds() })).ToDictionary(k => k.KeyHash);
        var devices = hashes.Select((hash, i) => keys.GetValueOrDefault(hash)?.Use(requests[i])).ToList();
        await Consume(tx, keys.Values, now);
        var made = devices.OfType<NewDevice>().ToList();
        await Insert(tx, made, now);
        foreach (var key in keys.Values.Where(k => k.Granted > 0).OrderBy(k => k.OrgId))
        {
            await Audit.Write(tx, new(
                AuditChain.Org(new(key.OrgId)),
                now,
                AuditActor.System("enrolment"),
                "device.enroll",
                "enrollment_key",
                key.Id.ToString(),
                Details: new { devices = made.Where(d => d.Key == key).Select(d => d.Id) }));
        }

        return devices;
    }

    private static async Task Consume(DbTransaction tx, IEnumerable<KeyRow> keys, DateTimeOffset now)
    {
        var used = keys.Where(k => k.Granted > 0).ToList();
        var updated = await tx.ExecuteRows(
            """
            with v as ({rows})
            update enrollment_keys set uses = uses + v.granted from v
            where enrollment_keys.id = v.key_id and enrollment_keys.revoked_at is null
              and (enrollment_keys.expires_at is null or enrollment_keys.expires_at > @now)
              and (enrollment_keys.max_uses is null or enrollment_keys.uses + v.granted <= enrollment_keys.max_uses)
            """,
            new Rows().Uuid("key_id", [.. used.Select(k => k.Id)]).Int("granted", [.. used.Select(k => k.Granted)]),
            new { now = now.ToUnixTimeMilliseconds() });
        if (updated != used.Count)
        {
            throw new InvalidOperationException("An enrolment key changed while its row was held.");
        }
    }

    private static async Task Insert(DbTransaction tx, List<NewDevice> devices, DateTimeOffset now)
    {
        await tx.ExecuteRows(
            """
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
            select v.device_id, v.org_id, v.site_id, v.hostname, v.hostname_key, v.os_type, v.os_version, v.architecture, v.agent_version,
              v.token_hash, @now
            from ({rows}) v
            """,
            new Rows()
                .Uuid("device_id", [.. devices.Select(d => d.Id)])
                .Uuid("org_id", [.. devices.Select(d => d.Key.OrgId)])
                .Uuid("site_id", [.. devices.Select(d => d.Key.SiteId)])
                .Text("hostname", [.. devices.Select(d => d.Request.Hostname)])
                .Text("hostname_key", [.. devices.Select(d => Core.Fleet.Hostnames.Key(d.Request.Hostname))])
                .Text("os_type", [.. devices.Select(d => EnumName.Of(d.Request.OsType))])
                .Text("os_version", [.. devices.Select(d => d.Request.OsVersion)])
                .Text("architecture", [.. devices.Select(d => d.Request.Architecture)])
                .Text("agent_version", [.. devices.Select(d => d.Request.AgentVersion)])
                .Text("token_hash", [.. devices.Select(d => DeviceToken.Hash(d.Token))]),
            new { now = now.ToUnixTimeMilliseconds() });
        var tags = devices.SelectMany(d => (d.Request.Tags ?? []).Distinct(StringComparer.Ordinal).Select(tag => (d.Id, Tag: tag))).ToList();
        await tx.ExecuteRows(
            "insert into device_tags (device_id, tag) select v.device_id, v.tag from ({rows}) v",
            new Rows().Uuid("device_id", [.. tags.Select(t => t.Id)]).Text("tag", [.. tags.Select(t => t.Tag)]));
    }

    /// <summary>A device that was just made, with the one showing of its credential.</summary>
    internal sealed record NewDevice(Guid Id, string Token, KeyRow Key, EnrollRequest Request);

    internal sealed class KeyRow
    {
        public Guid Id { get; init; }

        public string KeyHash { get; init; } = "";

        public Guid OrgId { get; init; }

        public Guid SiteId { get; init; }

        public int? MaxUses { get; init; }

        public int Uses { get; init; }

        public int Granted { get; private set; }

        public NewDevice? Use(EnrollRequest request)
        {
            if (MaxUses is { } most && Uses + Granted >= most)
            {
                return null;
            }

            Granted++;
            return new(Guid.CreateVersion7(), DeviceToken.New(), this, request);
        }
    }
}
