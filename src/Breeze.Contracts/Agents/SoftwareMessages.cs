using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>Payload of <c>install_software</c> and <c>uninstall_software</c>.</summary>
/// <param name="Url">http or https; the ending of its path says what kind of installer it is (deb, rpm, sh, run, msi, exe, pkg).</param>
/// <param name="Sha256">Hex of the file's SHA-256.</param>
/// <param name="SizeBytes">Exactly so many bytes are downloaded, or it fails.</param>
/// <param name="Arguments">install: the installer's silent arguments. uninstall: the whole command, run as a script of the device's own shell.</param>
/// <param name="Detection">How to tell that it is installed; null: only the exit code tells.</param>
public sealed record SoftwarePayload(
    Guid PackageId,
    string Name,
    string Version,
    string Url,
    string Sha256,
    long SizeBytes,
    string? Arguments = null,
    SoftwareDetection? Detection = null);

[JsonConverter(typeof(SnakeCaseEnum<DetectionType>))]
public enum DetectionType
{
    /// <summary><c>path</c> exists.</summary>
    File = 1,

    /// <summary>The system's package manager has <c>name</c> installed, in <c>version</c> where one is given.</summary>
    Package = 2,

    /// <summary>Windows: the key <c>path</c> exists, and its value <c>name</c> equals <c>value</c> where they are given.</summary>
    Registry = 3,

    /// <summary>The script <c>script</c> of the device's own shell ends with 0.</summary>
    Script = 4,
}

/// <summary>How to tell that a software package is installed; looked at before and after.</summary>
/// <param name="Path">file, registry: full path; a registry path begins with its hive (<c>HKLM\SOFTWARE\…</c>).</param>
/// <param name="Name">package, registry.</param>
/// <param name="Script">script: sh, on Windows PowerShell; at most 60 s.</param>
public sealed record SoftwareDetection(
    DetectionType Type,
    string? Path = null,
    string? Name = null,
    string? Version = null,
    string? Value = null,
    string? Script = null);

/// <summary><see cref="Result.Data"/> of <c>install_software</c> and <c>uninstall_software</c>.</summary>
/// <param name="Changed">False: it was already as wanted, and nothing was run.</param>
/// <param name="Detected">What the detection rule says afterwards; null without one.</param>
public sealed record SoftwareResult(bool Changed, bool? Detected = null, bool RebootRequired = false);
