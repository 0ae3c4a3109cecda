namespace Breeze.Contracts.Fleet;

/// <summary>What <c>POST /enrollment-keys</c> takes.</summary>
public sealed record EnrollmentKeyBody
{
    /// <summary>The site that devices enrolled with the key belong to.</summary>
    public Guid? SiteId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>In the future; null: it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>1 to 10000000; null: no limit.</summary>
    public int? MaxUses { get; init; }
}

/// <summary>A key that devices enrol with.</summary>
/// <param name="Uses">How many devices enrolled with it.</param>
/// <param name="RevokedAt">When it was revoked; null while it holds.</param>
/// <param name="Key">The key itself, in the answer to its creation and never again; else null.</param>
/// <param name="SiteName">What the site is called.</param>
public sealed record EnrollmentKey(
    Guid Id,
    Guid OrgId,
    Guid SiteId,
    string Name,
    int? MaxUses,
    int Uses,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    string? Key = null,
    string SiteName = "");
