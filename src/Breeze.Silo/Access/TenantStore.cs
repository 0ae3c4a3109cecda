using System.Data.Common;
using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>Partners and organizations in the database.</summary>
internal sealed class TenantStore(IDatabase database)
{
    private const string OrgColumns = "x.id, x.partner_id, x.name, x.created_at";

    public Task<(IReadOnlyList<Partner> Rows, long Total)> Partners(Guid? after, long offset, int limit, CancellationToken cancel) =>
        database.Read<(IReadOnlyList<Partner>, long)>(
            async connection =>
            {
                var following = after is null ? "" : "where id < @after";
                var rows = await connection.QueryAsync<PartnerRow>(
                    $"select id, name, created_at from partners {following} order by id desc limit @limit offset @offset",
                    new { after, limit, offset });
                return ([.. rows.Select(r => r.ToPartner())], await connection.ExecuteScalarAsync<long>("select count(*) from partners"));
            },
            cancel);

    public Task<Partner?> Partner(Guid id, CancellationToken cancel) => database.Read(
        async connection => (await connection.QuerySingleOrDefaultAsync<PartnerRow>(
            "select id, name, created_at from partners where id = @id", new { id }))?.ToPartner(),
        cancel);

    /// <summary>The partner that organizations belong to when none is named: the oldest.</summary>
    public Task<Guid> FirstPartner(CancellationToken cancel) => database.Read(
        connection => connection.ExecuteScalarAsync<Guid>("select id from partners order by id limit 1"), cancel);

    public Task<(IReadOnlyList<Organization> Rows, long Total)> Organizations(
        OrgScope scope, Guid? after, long offset, int limit, CancellationToken cancel) => database.Read<(IReadOnlyList<Organization>, long)>(
        async connection =>
        {
            var reach = scope.Sql("x.id");
            var args = new { scopeId = scope.Id, after, limit, offset };
            var following = after is null ? "" : "and x.id < @after";
            var rows = await connection.QueryAsync<OrganizationRow>(
                $"select {OrgColumns} from organizations x where {reach} {following} order by x.id desc limit @limit offset @offset", args);
            var total = await connection.ExecuteScalarAsync<long>($"select count(*) from organizations x where {reach}", args);
            return ([.. rows.Select(r => r.ToOrganization())], total);
        },
        cancel);

    public Task<Organization?> Organization(OrgScope scope, Guid id, CancellationToken cancel) => database.Read(
        async connection => (await connection.QuerySingleOrDefaultAsync<OrganizationRow>(
            $"select {OrgColumns} from organizations x where x.id = @id and {scope.Sql("x.id")}", new { id, scopeId = scope.Id }))?.ToOrganization(),
        cancel);

    public static Task Add(DbTransaction tx, Partner partner) => tx.Connection!.ExecuteAsync(
        "insert into partners (id, name, created_at) values (@Id, @Name, @CreatedAt)", partner, tx);

    public static async Task<bool> RenamePartner(DbTransaction tx, Guid id, string name) =>
        await tx.Connection!.ExecuteAsync("update partners set name = @name where id = @id", new { id, name }, tx) == 1;

    /// <summary>False when there is none. Throws a foreign-key violation while it has organizations.</summary>
    public static async Task<bool> DeletePartner(DbTransaction tx, Guid id) =>
        await tx.Connection!.ExecuteAsync("delete from partners where id = @id", new { id }, tx) == 1;

    public static Task Add(DbTransaction tx, Organization organization) => tx.Connection!.ExecuteAsync(
        "insert into organizations (id, partner_id, name, created_at) values (@Id, @PartnerId, @Name, @CreatedAt)", organization, tx);

    public static async Task<bool> RenameOrganization(DbTransaction tx, OrgScope scope, Guid id, string name) =>
        await tx.Connection!.ExecuteAsync(
            $"update organizations set name = @name, version = version + 1 where id = @id and {scope.Sql("organizations.id")}",
            new { id, name, scopeId = scope.Id },
            tx) == 1;

    /// <summary>False when there is none in reach. Throws a foreign-key violation while it has sites or anything else.</summary>
    public static async Task<bool> DeleteOrganization(DbTransaction tx, OrgScope scope, Guid id) =>
        await tx.Connection!.ExecuteAsync(
            $"delete from organizations where id = @id and {scope.Sql("organizations.id")}", new { id, scopeId = scope.Id }, tx) == 1;

    /// <summary>Makes every key of a tenant useless, because the tenant goes.</summary>
    public static Task RevokeKeysOf(DbTransaction tx, ScopeKind kind, Guid id, DateTimeOffset now) => tx.Connection!.ExecuteAsync(
        "update api_keys set revoked_at = @now where scope_kind = @kind and scope_id = @id and revoked_at is null",
        new { kind = (short)kind, id, now },
        tx);

    private sealed class PartnerRow
    {
        public Guid Id { get; init; }
        public string Name { get; init; } = "";
        public DateTimeOffset CreatedAt { get; init; }

        public Partner ToPartner() => new(Id, Name, CreatedAt);
    }

    private sealed class OrganizationRow
    {
        public Guid Id { get; init; }
        public Guid PartnerId { get; init; }
        public string Name { get; init; } = "";
        public DateTimeOffset CreatedAt { get; init; }

        public Organization ToOrganization() => new(Id, PartnerId, Name, CreatedAt);
    }
}
