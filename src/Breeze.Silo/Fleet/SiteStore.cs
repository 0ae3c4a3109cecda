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

/// <summary>Reads and writes sites.</summary>
internal sealed class SiteStore(IDatabase database, TimeProvider clock)
{
    private const string Columns = "s.id, s.org_id, s.name, s.time_zone, s.created_at, s.version";

    public Task<Answer<PagedList<Site>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        new NewestFirst(Columns, "sites s", "s").ReadWithin<SiteRow, Site, SitePosition>(database, scope, wanted, page, r => r.Shown, r => new SitePosition(r.Id));

    public Task<Answer<Versioned<Site>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<Site>>>(async c =>
        await Find(c, scope, id) is { } row ? row.Versioned : Refusal.NotFound("The site"));

    public Task<Answer<Versioned<Site>>> Create(Caller caller, SiteBody body) => database.Write<Answer<Versioned<Site>>>(async tx =>
    {
        var org = await OrgChoice.Choose(tx, caller.Scope, body.OrgId);
        if (org.Refusal is { } foreign)
        {
            return foreign;
        }

        var read = Read(body);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        var (name, zone) = read.Value;
        var row = new SiteRow { Id = SiteId.New().Value, OrgId = org.Value, Name = name, TimeZone = zone, CreatedAt = clock.GetUtcNow(), Version = 1 };
        await tx.Connection!.ExecuteAsync(
            "insert into sites (id, org_id, name, time_zone, created_at) values (@Id, @OrgId, @Name, @TimeZone, @CreatedAt)", row, tx);
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "site.create", "site", row.Id, new { name, timeZone = zone });
        return row.Versioned;
    });

    public Task<Answer<Versioned<Site>>> Update(Caller caller, Guid id, long? version, SiteBody body) => database.Write<Answer<Versioned<Site>>>(async tx =>
    {
        var read = Read(body);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        if (await Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The site");
        }

        var (name, zone) = read.Value;
        var changed = await tx.Connection!.QueryFirstOrDefaultAsync<long?>(
            "update sites set name = @name, time_zone = @zone, version = version + 1 where id = @id" + Fence.Sql(version) + " returning version",
            new { name, zone, id, version },
            tx);
        if (changed is not { } now)
        {
            return EntityTags.Mismatch("The site");
        }

        await FleetAudit.Write(tx, caller, row.OrgId, clock, "site.update", "site", id, new { name, timeZone = zone });
        return new SiteRow { Id = id, OrgId = row.OrgId, Name = name, TimeZone = zone, CreatedAt = row.CreatedAt, Version = now }.Versioned;
    });

    /// <summary>Deletes a site that no device belongs to or ever belonged to, with its windows and enrolment keys.</summary>
    public Task<Answer<Versioned<Site>>> Delete(Caller caller, Guid id, long? version) => database.Write<Answer<Versioned<Site>>>(async tx =>
    {
        if (await Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The site");
        }

        if (version is not null && version != row.Version)
        {
            return EntityTags.Mismatch("The site");
        }

        if (await tx.Connection!.ExecuteScalarAsync<long>("select count(*) from (select 1 from devices where site_id = @id limit 1) x", new { id }, tx) > 0)
        {
            return Refusal.Invalid("The site has devices (decommissioned ones count); move them before it is deleted.");
        }

        await tx.Connection!.ExecuteAsync("delete from maintenance_windows where level = 'site' and target_id = @id", new { id }, tx);
        await tx.Connection!.ExecuteAsync("delete from enrollment_keys where site_id = @id", new { id }, tx);
        await tx.Connection!.ExecuteAsync("delete from sites where id = @id", new { id }, tx);
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "site.delete", "site", id, new { row.Name });
        return row.Versioned;
    });

    private static Answer<(string Name, string Zone)> Read(SiteBody body)
    {
        var name = DeviceTexts.Name(body.Name);
        var zone = body.TimeZone ?? "UTC";
        return name.Refusal is { } refusal ? refusal
            : TimeZones.Find(zone) is null ? TimeZones.Unknown(zone, "timeZone")
            : (name.Value!, zone);
    }

    private static Task<SiteRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<SiteRow>(
        $"select {Columns} from sites s where s.id = @id and {scope.Sql("s.org_id")}", new { id, scopeId = scope.Id });

    private sealed record SitePosition(Guid Id) : ListPosition(Id);

    private sealed class SiteRow
    {
        public Guid Id { get; init; }
        public OrgId OrgId { get; init; }
        public string Name { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public DateTimeOffset CreatedAt { get; init; }
        public long Version { get; init; }

        public Site Shown => new(Id, OrgId.Value, Name, TimeZone, CreatedAt);

        public Versioned<Site> Versioned => new(Shown, Version);
    }
}
