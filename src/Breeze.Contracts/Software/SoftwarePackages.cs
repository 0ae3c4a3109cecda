using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Software;

/// <summary>What <c>POST /software-packages</c> and <c>PUT /software-packages/:id</c> take; PUT takes the whole.</summary>
public sealed record SoftwarePackageBody
{
    /// <summary>The organization; null where the key sees exactly one. Not changed by PUT.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>1 to 100 characters.</summary>
    public string? Version { get; init; }

    /// <summary><c>windows</c>, <c>macos</c> or <c>linux</c>: devices of another are skipped.</summary>
    public string? OsType { get; init; }

    /// <summary>http or https, up to 2,000 characters; devices download from it.</summary>
    public string? Url { get; init; }

    /// <summary>64 hexadecimal digits: SHA-256 of the file.</summary>
    public string? Sha256 { get; init; }

    /// <summary>1 to 21474836480 (20 GB): of the file.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>The installer's silent arguments, up to 4,000 characters; null for none.</summary>
    public string? InstallArguments { get; init; }

    /// <summary>Run by the device's own shell to remove it, up to 4,000 characters; null: it cannot be rolled back.</summary>
    public string? UninstallCommand { get; init; }

    /// <summary>How a device tells that it is installed; null: only the exit code tells.</summary>
    public SoftwareDetection? Detection { get; init; }
}

/// <summary>A software package of an organization.</summary>
/// <param name="Sha256">In lower case.</param>
public sealed record SoftwarePackage(
    Guid Id,
    Guid OrgId,
    string Name,
    string Version,
    string OsType,
    string Url,
    string Sha256,
    long SizeBytes,
    string? InstallArguments,
    string? UninstallCommand,
    SoftwareDetection? Detection,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);
