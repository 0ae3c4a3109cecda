namespace Breeze.Contracts.Patches;

/// <summary>A patch, as one organization's own devices describe it; of several organizations, as the latest described it.</summary>
/// <param name="Id">Stands for (source, externalId), the same for everybody.</param>
/// <param name="Source">microsoft, apple, linux, third_party or custom.</param>
/// <param name="Severity">critical, important, moderate, low or unknown.</param>
/// <param name="OsTypes">windows, macos, linux: the systems of the devices that reported it.</param>
/// <param name="ReleaseDate">Null when no device said.</param>
/// <param name="RequiresReboot">Null when no device said.</param>
/// <param name="SizeBytes">Bytes to download; null when no device said.</param>
/// <param name="CreatedAt">When a device of the organization first reported it.</param>
/// <param name="ApprovalStatus">pending, approved, rejected or deferred; null when several organizations are asked at once.</param>
/// <param name="Counts">Devices by how it stands on them.</param>
public sealed record Patch(
    Guid Id,
    string Source,
    string ExternalId,
    string Title,
    string? Description,
    string Severity,
    string? Category,
    string? Version,
    IReadOnlyList<string> OsTypes,
    DateTimeOffset? ReleaseDate,
    bool? RequiresReboot,
    long? SizeBytes,
    DateTimeOffset CreatedAt,
    string? ApprovalStatus,
    PatchCounts Counts);

/// <summary>Devices, or devices' patches, by status.</summary>
public sealed record PatchCounts(long Pending, long Installed, long Failed, long Skipped, long Missing);

/// <summary>Where patches come from.</summary>
/// <param name="Source">microsoft, apple, linux, third_party or custom.</param>
/// <param name="OsTypes">The systems that can have it.</param>
/// <param name="PatchCount">Different patches of it that the caller's devices reported.</param>
public sealed record PatchSourceSummary(string Source, string Description, IReadOnlyList<string> OsTypes, long PatchCount);

/// <summary>A patch on one device.</summary>
/// <param name="Id">The patch's.</param>
/// <param name="Version">The version this device is offered or has.</param>
/// <param name="CurrentVersion">What it has while it is offered another; null when unknown.</param>
/// <param name="Status">pending, installed, failed, skipped or missing.</param>
/// <param name="ApprovalStatus">Of the device's organization.</param>
/// <param name="Error">The device's own text about the last attempt, while it is failed or skipped.</param>
/// <param name="RebootRequired">The last attempt left the device waiting for a reboot.</param>
/// <param name="FirstSeenAt">When this device first reported it.</param>
/// <param name="ChangedAt">When anything of this last changed.</param>
public sealed record PatchOnDevice(
    Guid Id,
    string Source,
    string ExternalId,
    string Title,
    string Severity,
    string? Category,
    string? Version,
    string? CurrentVersion,
    string Status,
    string ApprovalStatus,
    string? Error,
    bool RebootRequired,
    DateTimeOffset FirstSeenAt,
    DateTimeOffset ChangedAt);
