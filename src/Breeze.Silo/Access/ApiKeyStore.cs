using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>A key as the database knows it. Its text is nowhere.</summary>
internal sealed class ApiKeyRow
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public string KeyHash { get; init; } = "";
    public short ScopeKind { get; init; }
    public Guid? ScopeId { get; init; }
    public short Role { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public DateTimeOffset? LastUsedAt { get; init; }

    public OrgScope Scope => new((ScopeKind)ScopeKind, ScopeId ?? Guid.Empty);

    public ApiKey ToApiKey() => new(
        Id,
        Name,
        (KeyScope)ScopeKind,
        (KeyScope)ScopeKind == KeyScope.Partner ? ScopeId : null,
        (KeyScope)ScopeKind == KeyScope.Org ? ScopeId : null,
        (KeyRole)Role,
        CreatedBy,
        CreatedAt,
        ExpiresAt,
        RevokedAt,
        LastUsedAt);

    public Caller ToCaller(string? address) => new(new ApiKeyId(Id), Name, (Role)Role, Scope, address);
}

/// <summary>The text of a key: <c>brz_</c> and 256 random bits; stored as SHA-256, which suffices for a text that cannot be guessed.</summary>
public static class KeyText
{
    public const string Prefix = "brz_";

    /// <summary>A new key. Shown once, never stored.</summary>
    public static string New() => Prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored: SHA-256 in lower hex.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Compares two hashes without telling by time how far they agree.</summary>
    public static bool SameHash(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(a), Encoding.ASCII.GetBytes(b));
}

/// <summary>Writes and finds API keys.</summary>
internal sealed class ApiKeyStore(IDatabase database)
{
    private const string Columns = "id, name, key_hash, scope_kind, scope_id, role, created_at, created_by, expires_at, revoked_at, last_used_at";

    public Task<ApiKeyRow?> ByHash(string hash, CancellationToken cancel) => database.Read(
        connection => connection.QuerySingleOrDefaultAsync<ApiKeyRow>($"select {Columns} from api_keys where key_hash = @hash", new { hash }), cancel);

    public Task<ApiKeyRow?> ById(Guid id, CancellationToken cancel) => database.Read(
        connection => connection.QuerySingleOrDefaultAsync<ApiKeyRow>($"select {Columns} from api_keys where id = @id", new { id }), cancel);

    /// <summary>Adds a key in the caller's transaction.</summary>
    public static Task Add(DbTransaction tx, ApiKeyRow row) => tx.Connection!.ExecuteAsync(
        $"""
        insert into api_keys ({Columns})
        values (@Id, @Name, @KeyHash, @ScopeKind, @ScopeId, @Role, @CreatedAt, @CreatedBy, @ExpiresAt, null, null)
        """,
        row,
        tx);

    /// <summary>Renames a key and moves its end; false when it was revoked, or is not in reach.</summary>
    public static async Task<bool> Change(DbTransaction tx, OrgScope scope, Guid id, string name, DateTimeOffset? expiresAt) => await tx.Connection!.ExecuteAsync(
        $"update api_keys set name = @name, expires_at = @expiresAt where id = @id and revoked_at is null and {InReach(scope)}",
        new { id, name, expiresAt, scopeId = scope.Id },
        tx) == 1;

    /// <summary>Makes a key useless from now on; false when it was already, or is not in reach.</summary>
    public static async Task<bool> Revoke(DbTransaction tx, OrgScope scope, Guid id, DateTimeOffset now) => await tx.Connection!.ExecuteAsync(
        $"update api_keys set revoked_at = @now where id = @id and revoked_at is null and {InReach(scope)}",
        new { id, now, scopeId = scope.Id },
        tx) == 1;

    /// <summary>One key in reach; null when there is none.</summary>
    public Task<ApiKeyRow?> Find(OrgScope scope, Guid id, CancellationToken cancel) => database.Read(
        connection => connection.QuerySingleOrDefaultAsync<ApiKeyRow>(
            $"select {Columns} from api_keys where id = @id and {InReach(scope)}", new { id, scopeId = scope.Id }),
        cancel);

    /// <summary>Keys in reach, newest first, after <paramref name="after"/> or from <paramref name="offset"/>, and how many there are.</summary>
    public Task<(IReadOnlyList<ApiKeyRow> Rows, long Total)> List(
        OrgScope scope, Guid? after, long offset, int limit, CancellationToken cancel) => database.Read<(IReadOnlyList<ApiKeyRow>, long)>(
        async connection =>
        {
            var args = new { scopeId = scope.Id, after, offset, limit };
            var following = after is null ? "" : "and id < @after";
            var rows = await connection.QueryAsync<ApiKeyRow>(
                $"select {Columns} from api_keys where {InReach(scope)} {following} order by id desc limit @limit offset @offset", args);
            return (rows.AsList(), await connection.ExecuteScalarAsync<long>($"select count(*) from api_keys where {InReach(scope)}", args));
        },
        cancel);

    /// <summary>Notes when keys were last used, all in one statement.</summary>
    public Task NoteUse(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancel) => uses.Count == 0
        ? Task.CompletedTask
        : database.Write(
            tx => tx.ExecuteRows(
                "with v as ({rows}) update api_keys set last_used_at = v.at from v where api_keys.id = v.id",
                new Rows().Uuid("id", [.. uses.Keys]).BigInt("at", [.. uses.Values.Select(at => at.ToUnixTimeMilliseconds())])),
            cancel);

    // A key is seen by whoever reaches as far as it does.
    private static string InReach(OrgScope scope) => scope.Kind switch
    {
        ScopeKind.System => "1 = 1",
        ScopeKind.Partner =>
            "((scope_kind = 2 and scope_id = @scopeId) or (scope_kind = 1 and scope_id in (select id from organizations where partner_id = @scopeId)))",
        _ => "scope_kind = 1 and scope_id = @scopeId",
    };
}
