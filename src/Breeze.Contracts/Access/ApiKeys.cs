namespace Breeze.Contracts.Access;

/// <summary>How far a key sees.</summary>
public enum KeyScope
{
    /// <summary>One organization.</summary>
    Org = 1,

    /// <summary>All organizations of one partner.</summary>
    Partner = 2,

    /// <summary>Everything.</summary>
    System = 3,
}

/// <summary>What a key may do; each role includes the ones before it.</summary>
public enum KeyRole
{
    Viewer = 1,
    Technician = 2,
    Admin = 3,
}

/// <summary>Makes an API key; never one with a higher role or a wider scope than the key that asks.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="PartnerId">Which partner, for scope <c>partner</c>; null otherwise.</param>
/// <param name="OrgId">Which organization, for scope <c>org</c>; null otherwise.</param>
/// <param name="ExpiresAt">From when it no longer works; null for never. Not in the past.</param>
public sealed record CreateApiKey(
    string Name, KeyScope Scope, KeyRole Role, Guid? PartnerId = null, Guid? OrgId = null, DateTimeOffset? ExpiresAt = null);

/// <summary>Changes an API key: the whole of what can be changed of it.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="ExpiresAt">From when it no longer works; null or left out for never. Not in the past.</param>
public sealed record UpdateApiKey(string Name, DateTimeOffset? ExpiresAt = null);

/// <summary>An API key, without its text.</summary>
/// <param name="CreatedBy">The name of the key or user that made it.</param>
/// <param name="ExpiresAt">From when it no longer works; null for never.</param>
/// <param name="RevokedAt">Since when it no longer works; null while it does.</param>
/// <param name="LastUsedAt">To about a minute; null when it was never used.</param>
public record ApiKey(
    Guid Id,
    string Name,
    KeyScope Scope,
    Guid? PartnerId,
    Guid? OrgId,
    KeyRole Role,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt);

/// <summary>A key just made.</summary>
/// <param name="Key">Its text, shown this once. Null when the answer is given again for the same <c>Idempotency-Key</c>.</param>
public sealed record CreatedApiKey(
    Guid Id,
    string Name,
    KeyScope Scope,
    Guid? PartnerId,
    Guid? OrgId,
    KeyRole Role,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt,
    string? Key = null)
    : ApiKey(Id, Name, Scope, PartnerId, OrgId, Role, CreatedBy, CreatedAt, ExpiresAt, RevokedAt, LastUsedAt);
