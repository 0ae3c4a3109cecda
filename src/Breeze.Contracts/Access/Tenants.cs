namespace Breeze.Contracts.Access;

/// <summary>A managed service provider: the organizations it looks after belong to it.</summary>
public sealed record Partner(Guid Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Makes or renames a partner.</summary>
/// <param name="Name">1 to 200 characters.</param>
public sealed record PartnerRequest(string Name);

/// <summary>A customer: sites, devices and everything done to them belong to one.</summary>
public sealed record Organization(Guid Id, Guid PartnerId, string Name, DateTimeOffset CreatedAt);

/// <summary>Makes an organization.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="PartnerId">Whose it is; null for the key's own partner, or the first partner of the installation.</param>
public sealed record CreateOrganization(string Name, Guid? PartnerId = null);

/// <summary>Renames an organization.</summary>
/// <param name="Name">1 to 200 characters.</param>
public sealed record UpdateOrganization(string Name);
