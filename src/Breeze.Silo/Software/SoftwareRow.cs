using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Software;
using Breeze.Core;
using Breeze.Silo.Fleet;

namespace Breeze.Silo.Software;

/// <summary>A row of <c>software_packages</c>.</summary>
internal sealed class SoftwareRow
{
    public const string Columns =
        "s.id, s.org_id, s.name, s.package_version, s.os_type, s.url, s.sha256, s.size_bytes, s.install_arguments, s.uninstall_command, s.detection,"
        + " s.created_at, s.updated_at, s.version";

    public Guid Id { get; init; }

    public OrgId OrgId { get; init; }

    public string Name { get; init; } = "";

    public string PackageVersion { get; init; } = "";

    public string OsType { get; init; } = "";

    public string Url { get; init; } = "";

    public string Sha256 { get; init; } = "";

    public long SizeBytes { get; init; }

    public string? InstallArguments { get; init; }

    public string? UninstallCommand { get; init; }

    public string? Detection { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public long Version { get; init; }

    public SoftwarePackage Shown => new(
        Id, OrgId.Value, Name, PackageVersion, OsType, Url, Sha256, SizeBytes, InstallArguments, UninstallCommand, Rule, CreatedAt, UpdatedAt);

    public Versioned<SoftwarePackage> Versioned => new(Shown, Version);

    private SoftwareDetection? Rule => Detection is null ? null : JsonSerializer.Deserialize<SoftwareDetection>(Detection, BreezeJson.Lenient);

    /// <summary>The payload of its command.</summary>
    /// <param name="arguments">The silent arguments, or the command that removes it.</param>
    public SoftwarePayload ToCommand(string? arguments) => new(Id, Name, PackageVersion, Url, Sha256, SizeBytes, arguments, Rule);
}
