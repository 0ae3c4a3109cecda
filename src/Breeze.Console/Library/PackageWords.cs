using Breeze.Console.Shell;
using Breeze.Contracts.Agents;

namespace Breeze.Console.Library;

/// <summary>Packages as people read them.</summary>
public static class PackageWords
{
    public static IReadOnlyList<(string Value, string Text)> Systems { get; } = [("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")];

    public static IReadOnlyList<(string Value, string Text)> Detections { get; } =
    [
        ("file", "a file exists"), ("package", "the system's package manager has it"), ("registry", "the Windows registry has it"), ("script", "a script ends with 0"),
    ];

    public static string System(string osType) => Systems.FirstOrDefault(s => s.Value == osType).Text ?? osType;

    /// <summary>"12.3 MB", in powers of 1,000.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => Number.Of(bytes / 1_000m) + " KB",
        < 1_000_000_000 => Number.Of(bytes / 1_000_000m) + " MB",
        _ => Number.Of(bytes / 1_000_000_000m) + " GB",
    };

    /// <summary>How a device tells that it is installed.</summary>
    public static string Detection(SoftwareDetection? rule) => rule switch
    {
        null => "only by the installer's exit code",
        { Type: DetectionType.File } => $"the file {rule.Path} exists",
        { Type: DetectionType.Package } => $"the package {rule.Name}{(rule.Version is null ? "" : " " + rule.Version)} is installed",
        { Type: DetectionType.Registry } => $"the registry has {rule.Path}{(rule.Name is null ? "" : $", value {rule.Name}")}{(rule.Value is null ? "" : $" = {rule.Value}")}",
        _ => "its script ends with 0",
    };
}
