namespace Breeze.Contracts.Policies;

/// <summary>What <c>POST /configuration-policies</c> and <c>PUT /configuration-policies/:id</c> take; PUT takes the whole.</summary>
public sealed record ConfigurationPolicyBody
{
    /// <summary>The organization it belongs to; null where the key sees exactly one. Not changed by PUT.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>The partner it belongs to instead, for a policy over several of its organizations. Not changed by PUT.</summary>
    public Guid? PartnerId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>At most 2,000 characters; null for none.</summary>
    public string? Description { get; init; }
}

/// <summary>A configuration policy.</summary>
/// <param name="OrgId">Null for a partner's policy.</param>
/// <param name="PartnerId">Of a partner's policy; else null.</param>
public sealed record ConfigurationPolicy(
    Guid Id,
    Guid? OrgId,
    Guid? PartnerId,
    string Name,
    string? Description,
    IReadOnlyList<PolicyFeature> Features,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>What <c>POST /configuration-policies/:id/features</c> takes. It sets the feature whole.</summary>
public sealed record PolicyFeatureBody
{
    /// <summary><c>patch</c>.</summary>
    public string? FeatureType { get; init; }

    public PatchSettingsBody? InlineSettings { get; init; }
}

/// <summary>One feature of a policy, with the defaults of what was left out.</summary>
public sealed record PolicyFeature(string FeatureType, PatchSettingsBody InlineSettings, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>What <c>POST /configuration-policies/:id/assignments</c> takes.</summary>
public sealed record PolicyAssignmentBody
{
    public PolicyLevel? Level { get; init; }

    /// <summary>The partner, organization, site, group or device.</summary>
    public Guid? TargetId { get; init; }

    /// <summary>0 to 10,000; of two assignments on one level the lower number wins. Null means 0.</summary>
    public int? Priority { get; init; }
}

/// <summary>Where a policy applies.</summary>
/// <param name="TargetName">What the partner, organization, site, group or device is called; null once it is gone.</param>
public sealed record PolicyAssignment(
    Guid Id, Guid PolicyId, PolicyLevel Level, Guid TargetId, int Priority, DateTimeOffset CreatedAt, string? TargetName = null);

/// <summary>Which patch settings a device obeys.</summary>
/// <param name="PolicyId">The policy that was asked about.</param>
/// <param name="IsWinning">Whether it is the one that the device obeys.</param>
/// <param name="Effective">What the device obeys, whichever policy was asked about; null: no policy governs it.</param>
public sealed record ResolvedPatchConfig(Guid PolicyId, Guid DeviceId, bool IsWinning, EffectivePatchConfig? Effective);

/// <param name="TimeZone">Of the device's site; schedules run on its clock.</param>
public sealed record EffectivePatchConfig(Guid PolicyId, PatchSettingsBody Settings, WinningAssignment Assignment, string TimeZone);

/// <summary>The assignment by which a policy reached a device.</summary>
public sealed record WinningAssignment(PolicyLevel Level, Guid TargetId, int Priority);

/// <summary>A policy as the list before configuration policies showed it.</summary>
public sealed record LegacyPatchPolicy(
    Guid Id, Guid? OrgId, Guid? PartnerId, string Name, string? Description, PatchSettingsBody Settings, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
