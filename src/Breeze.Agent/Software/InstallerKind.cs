using Breeze.Agent.Scripts;
using Breeze.Agent.Tools;

namespace Breeze.Agent.Software;

/// <summary>A kind of installer: told by the ending of its address, run by the platform's own program for it.</summary>
/// <param name="Extension">With its dot.</param>
/// <param name="Platform">The one that has it.</param>
/// <param name="Program">What runs it; null: it runs itself.</param>
/// <param name="Before">The arguments before its path.</param>
/// <param name="After">The arguments after its path, before the package's own.</param>
public sealed record InstallerKind(
    string Extension, DevicePlatform Platform, string? Program, IReadOnlyList<string> Before, IReadOnlyList<string> After)
{
    private static readonly InstallerKind[] All =
    [
        new(".deb", DevicePlatform.Linux, "apt-get", ["-y", "-q", "-o", "DPkg::Lock::Timeout=300", "--allow-downgrades", "install"], []),
        new(".rpm", DevicePlatform.Linux, "dnf", ["-y", "install"], []),
        new(".sh", DevicePlatform.Linux, "sh", [], []),
        new(".run", DevicePlatform.Linux, "sh", [], []),
        new(".sh", DevicePlatform.MacOS, "sh", [], []),
        new(".pkg", DevicePlatform.MacOS, "installer", ["-pkg"], ["-target", "/"]),
        new(".msi", DevicePlatform.Windows, "msiexec", ["/i"], ["/qn", "/norestart"]),
        new(".exe", DevicePlatform.Windows, null, [], []),
        new(".ps1", DevicePlatform.Windows, "powershell", ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"], []),
    ];

    /// <summary>The kind of what is at an address; null when this platform does not install such a thing.</summary>
    public static InstallerKind? Of(Uri address, DevicePlatform platform) =>
        Array.Find(All, kind => kind.Platform == platform && address.AbsolutePath.EndsWith(kind.Extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>The endings that a platform knows, for a person.</summary>
    public static string Known(DevicePlatform platform) => string.Join(", ", All.Where(kind => kind.Platform == platform).Select(kind => kind.Extension));

    public ToolCommand Command(string path, string? arguments, TimeSpan timeout) => new(Program ?? path, Program is null ? After : [.. Before, path, .. After], timeout)
    {
        RawArguments = string.IsNullOrWhiteSpace(arguments) ? null : arguments,
        Environment = new Dictionary<string, string> { ["LC_ALL"] = "C", ["DEBIAN_FRONTEND"] = "noninteractive" },
        // A package manager is not to be torn out of its work; an installer of one's own is ended like a script.
        IsTransaction = Extension is ".deb" or ".rpm" or ".msi" or ".pkg",
    };

    /// <summary>Windows installers say with these two that all is well and a restart is wanted, or begun.</summary>
    public static bool AsksForReboot(int exitCode, DevicePlatform platform) => platform == DevicePlatform.Windows && exitCode is 3010 or 1641;
}
