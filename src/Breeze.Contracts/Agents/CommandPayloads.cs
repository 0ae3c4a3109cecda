using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>The values of <see cref="Command.Type"/>.</summary>
public static class CommandTypes
{
    public const string RunScript = "run_script";
    public const string ScanPatches = "scan_patches";
    public const string InstallPatches = "install_patches";
    public const string RollbackPatches = "rollback_patches";
    public const string InstallSoftware = "install_software";
    public const string UninstallSoftware = "uninstall_software";
    public const string ApplyPolicy = "apply_policy";
    public const string Reboot = "reboot";
}

[JsonConverter(typeof(SnakeCaseEnum<ScriptLanguage>))]
public enum ScriptLanguage
{
    Bash = 1,
    Sh = 2,
    Python = 3,

    // Spelt so that it is one word on the wire, as the contract has it.
    Powershell = 4,
}

/// <param name="Parameters">Handed to the script as environment, never spliced into it.</param>
/// <param name="TimeoutSeconds">From the process's start; then it and its children are killed.</param>
public sealed record RunScriptPayload(
    Guid ScriptId,
    ScriptLanguage Language,
    string Content,
    IReadOnlyDictionary<string, string> Parameters,
    int TimeoutSeconds);

public sealed record ScanPatchesPayload(IReadOnlyList<string> Sources);

/// <summary>Payload of <c>install_patches</c> and <c>rollback_patches</c>.</summary>
public sealed record PatchesPayload(IReadOnlyList<PatchReference> Patches);

public sealed record PatchReference(Guid Id, string Source, string ExternalId, string Title);

/// <summary><see cref="Result.Data"/> of <c>install_patches</c> and <c>rollback_patches</c>.</summary>
public sealed record PatchResults(IReadOnlyList<PatchResult> Results);

[JsonConverter(typeof(SnakeCaseEnum<PatchResultStatus>))]
public enum PatchResultStatus
{
    Installed = 1,
    RolledBack = 2,
    Failed = 3,
    Skipped = 4,
}

public sealed record PatchResult(Guid Id, PatchResultStatus Status, string? Error = null, bool RebootRequired = false);

/// <summary>Payload of <c>install_software</c> and <c>uninstall_software</c>.</summary>
/// <param name="Sha256">Lower-case hex of the file's SHA-256.</param>
/// <param name="Detection">How to tell that it is installed; its form is the package's own.</param>
public sealed record SoftwarePayload(
    Guid PackageId,
    string Name,
    string Version,
    string Url,
    string Sha256,
    long SizeBytes,
    string? Arguments,
    JsonElement? Detection);

public sealed record ApplyPolicyPayload(Guid PolicyId, JsonElement Settings);

public sealed record RebootPayload(int DelayMinutes, string Reason);
