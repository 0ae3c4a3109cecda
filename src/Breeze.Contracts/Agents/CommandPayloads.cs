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

/// <summary><see cref="Result.Data"/> of <c>run_script</c>, when there is something to say.</summary>
/// <param name="TimedOut">The agent killed the script at its <c>timeoutSeconds</c>; the status is then <c>failed</c> without an exit code.</param>
public sealed record ScriptResultData(bool TimedOut);
