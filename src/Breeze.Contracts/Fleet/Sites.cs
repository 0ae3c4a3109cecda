namespace Breeze.Contracts.Fleet;

/// <summary>What <c>POST /sites</c> and <c>PUT /sites/:id</c> take; PUT takes the whole.</summary>
public sealed record SiteBody
{
    /// <summary>The organization; null where the key sees exactly one. Not changed by PUT.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>An IANA zone, for example <c>Europe/Zurich</c>; null means UTC.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>A place of an organization where devices are.</summary>
public sealed record Site(Guid Id, Guid OrgId, string Name, string TimeZone, DateTimeOffset CreatedAt);
