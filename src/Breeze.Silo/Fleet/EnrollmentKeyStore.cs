using System.Buffers.Text;
using System.Security.Cryptography;
using Breeze.Contracts;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Makes, lists and revokes the keys that devices enrol with; using one up is the enrolment's own statement.</summary>
internal sealed class EnrollmentKeyStore(IDatabase database, TimeProvider clock)
{
    public const string Prefix = "bre_";
    private const int MostUses = 10_000_000;
    private const string Columns = "k.id, k.org_id, k.site_id, (select s.name from sites s where s.id = k.site_id) as site_name, k.name, k.max_uses, k.uses, k.created_at, k.expires_at, k.revoked_at";

    public Task<Answer<PagedList<EnrollmentKey>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        new NewestFirst(Columns, "enrollment_keys k", "k").ReadWithin<KeyRow, EnrollmentKey, EnrollmentKeyPosition>(database, scope, wanted, page, r => r.Shown(null), r => new EnrollmentKeyPosition(r.Id));

    public Task<Answer<EnrollmentKey>> Get(OrgScope scope, Guid id) => database.Read<Answer<EnrollmentKey>>(async c =>
        await Find(c, scope, id) is { } row ? row.Shown(null) : Refusal.NotFound("The enrolment key"));

    /// <summary>Makes a key. Its text is in the answer and nowhere else; what is stored is its SHA-256.</summary>
    public Task<Answer<EnrollmentKey>> Create(Caller caller, EnrollmentKeyBody body) => database.Write<Answer<EnrollmentKey>>(async tx =>
    {
        var now = clock.GetUtcNow();
        var name = DeviceTexts.Name(body.Name);
        if ((name.Refusal ?? Fault(body, now)) is { } invalid)
        {
            return invalid;
        }

        var org = await tx.Connection!.QueryFirstOrDefaultAsync<OrgId?>(
            $"select s.org_id from sites s where s.id = @SiteId and {caller.Scope.Sql("s.org_id")}", new { body.SiteId, scopeId = caller.Scope.Id }, tx);
        if (org is not { } orgId)
        {
            return Refusal.Invalid("siteId names no site that this key may use.", "siteId");
        }

        var key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var row = new KeyRow
        {
            Id = Guid.CreateVersion7(now),
            OrgId = orgId,
            SiteId = body.SiteId!.Value,
            Name = name.Value!,
            KeyHash = KeyText.Hash(key),
            MaxUses = body.MaxUses,
            CreatedAt = now,
            ExpiresAt = body.ExpiresAt,
        };
        await tx.Connection!.ExecuteAsync(
            """
            insert into enrollment_keys (id, org_id, site_id, name, key_hash, max_uses, created_at, expires_at)
            values (@Id, @OrgId, @SiteId, @Name, @KeyHash, @MaxUses, @CreatedAt, @ExpiresAt)
            """,
            row,
            tx);
        await FleetAudit.Write(tx, caller, orgId, clock, "enrollment_key.create", "enrollment_key", row.Id, new { row.Name, row.SiteId, row.MaxUses, row.ExpiresAt });
        return (await Find(tx, caller.Scope, row.Id))!.Shown(key);
    });

    /// <summary>Revokes a key: it stays in the list, no device enrols with it any more. A repeat changes nothing.</summary>
    public Task<Answer<EnrollmentKey>> Revoke(Caller caller, Guid id) => database.Write<Answer<EnrollmentKey>>(async tx =>
    {
        if (await Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The enrolment key");
        }

        var now = clock.GetUtcNow();
        if (await tx.Connection!.ExecuteAsync("update enrollment_keys set revoked_at = @now where id = @id and revoked_at is null", new { id, now }, tx) == 1)
        {
            row.RevokedAt = now;
            await FleetAudit.Write(tx, caller, row.OrgId, clock, "enrollment_key.revoke", "enrollment_key", id, new { row.Name });
        }

        return row.Shown(null);
    });

    private static Refusal? Fault(EnrollmentKeyBody body, DateTimeOffset now) =>
        body.SiteId is null ? Refusal.Invalid("siteId is required.", "siteId")
        : body.ExpiresAt <= now ? Refusal.Invalid("expiresAt must be in the future.", "expiresAt")
        : body.MaxUses is < 1 or > MostUses ? Refusal.Invalid($"maxUses must be from 1 to {MostUses}.", "maxUses")
        : null;

    private static Task<KeyRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<KeyRow>(
        $"select {Columns} from enrollment_keys k where k.id = @id and {scope.Sql("k.org_id")}", new { id, scopeId = scope.Id });

    private sealed record EnrollmentKeyPosition(Guid Id) : ListPosition(Id);

    private sealed class KeyRow
    {
        public Guid Id { get; init; }
        public OrgId OrgId { get; init; }
        public Guid SiteId { get; init; }
        public string SiteName { get; init; } = "";
        public string Name { get; init; } = "";
        public string KeyHash { get; init; } = "";
        public int? MaxUses { get; init; }
        public int Uses { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
        public DateTimeOffset? RevokedAt { get; set; }

        public EnrollmentKey Shown(string? key) =>
            new(Id, OrgId.Value, SiteId, Name, MaxUses, Uses, CreatedAt, ExpiresAt, RevokedAt, key, SiteName);
    }
}
