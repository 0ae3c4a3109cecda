using System.Security.Cryptography;
using System.Text;
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
    public long CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";
    public long? ExpiresAt { get; init; }
    public long? RevokedAt { get; init; }

    public OrgScope Scope => new((ScopeKind)ScopeKind, ScopeId ?? Guid.Empty);

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
    private const string Columns = "id, name, key_hash, scope_kind, scope_id, role, created_at, created_by, expires_at, revoked_at";

    public Task<ApiKeyRow?> ByHash(string hash, CancellationToken cancel) => database.Read(
        connection => connection.QuerySingleOrDefaultAsync<ApiKeyRow>($"select {Columns} from api_keys where key_hash = @hash", new { hash }), cancel);

    public Task<ApiKeyRow?> ById(Guid id, CancellationToken cancel) => database.Read(
        connection => connection.QuerySingleOrDefaultAsync<ApiKeyRow>($"select {Columns} from api_keys where id = @id", new { id }), cancel);
}
