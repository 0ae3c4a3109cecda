namespace Breeze.Core.Patches;

/// <summary>Where a patch comes from. Stored by number.</summary>
public enum PatchSource
{
    Microsoft = 1,
    Apple,
    Linux,
    ThirdParty,
    Custom,
}

/// <summary>How much a patch matters, as its source says. Stored by number; a lower one matters more.</summary>
public enum PatchSeverity
{
    Critical = 1,
    Important,
    Moderate,
    Low,
    Unknown,
}

/// <summary>What an organization has decided about a patch. Stored by number; <see cref="Pending"/> has no row.</summary>
public enum ApprovalStatus
{
    Pending = 1,
    Approved,
    Rejected,
    Deferred,
}

/// <summary>How a patch stands on one device. Stored by number.</summary>
public enum DevicePatchStatus
{
    Pending = 1,
    Installed,
    Failed,
    Skipped,

    /// <summary>Approved for the organization, once offered or installed here, and in the latest complete scan neither.</summary>
    Missing,

    /// <summary>Like <see cref="Missing"/> without the approval: remembered, never shown, never counted.</summary>
    Gone,
}

/// <summary>What a device says became of one patch of a command.</summary>
public enum PatchResultStatus
{
    Installed = 1,
    RolledBack,
    Failed,
    Skipped,
}
