using System.Globalization;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Software;

namespace Breeze.Console.Library;

/// <summary>A package as its form has it.</summary>
public sealed class PackageDraft
{
    public string Name { get; set; } = "";

    public string Version { get; set; } = "";

    public string OsType { get; set; } = "linux";

    public string Url { get; set; } = "";

    public string Sha256 { get; set; } = "";

    public string Size { get; set; } = "";

    public string Arguments { get; set; } = "";

    public string Uninstall { get; set; } = "";

    /// <summary>A type of rule; empty for none.</summary>
    public string Detection { get; set; } = "";

    public string Path { get; set; } = "";

    public string DetectionName { get; set; } = "";

    public string DetectionVersion { get; set; } = "";

    public string DetectionValue { get; set; } = "";

    public string Script { get; set; } = "";

    public static PackageDraft Of(SoftwarePackage package) => new()
    {
        Name = package.Name,
        Version = package.Version,
        OsType = package.OsType,
        Url = package.Url,
        Sha256 = package.Sha256,
        Size = package.SizeBytes.ToString(CultureInfo.InvariantCulture),
        Arguments = package.InstallArguments ?? "",
        Uninstall = package.UninstallCommand ?? "",
        Detection = package.Detection is { } rule ? EnumName.Of(rule.Type) : "",
        Path = package.Detection?.Path ?? "",
        DetectionName = package.Detection?.Name ?? "",
        DetectionVersion = package.Detection?.Version ?? "",
        DetectionValue = package.Detection?.Value ?? "",
        Script = package.Detection?.Script ?? "",
    };

    public SoftwarePackageBody Body(Guid? org) => new()
    {
        OrgId = org,
        Name = Name,
        Version = Version,
        OsType = OsType,
        Url = Url.Trim(),
        Sha256 = Sha256.Trim(),
        SizeBytes = long.TryParse(Size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0,
        InstallArguments = Given(Arguments),
        UninstallCommand = Given(Uninstall),
        Detection = EnumName.TryParse<DetectionType>(Detection, out var type) ? Rule(type) : null,
    };

    // What was typed for another type of rule stays in the form and out of the package.
    private SoftwareDetection Rule(DetectionType type) => type switch
    {
        DetectionType.File => new(type, Path: Given(Path)),
        DetectionType.Package => new(type, Name: Given(DetectionName), Version: Given(DetectionVersion)),
        DetectionType.Registry => new(type, Path: Given(Path), Name: Given(DetectionName), Value: Given(DetectionValue)),
        _ => new(type, Script: Given(Script)),
    };

    private static string? Given(string text) => text.Trim().Length == 0 ? null : text.Trim();
}
