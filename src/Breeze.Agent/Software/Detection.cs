using System.Globalization;
using Breeze.Agent.Scripts;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Software;

/// <summary>Tells whether a software package is installed, by its own rule.</summary>
public sealed class Detection(ToolRunner tools, ScriptRunner scripts, DevicePlatform platform)
{
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(1);

    /// <summary>Why this device cannot follow the rule; null when it can.</summary>
    public string? Refusal(SoftwareDetection rule) => rule switch
    {
        { Type: DetectionType.File } => Path.IsPathFullyQualified(rule.Path ?? "") ? null : "detection.path must be a full path.",
        { Type: DetectionType.Package } => IsPlain(rule.Name) && (rule.Version is null || IsPlain(rule.Version)) ? null : "detection.name and detection.version must be those of a package.",
        { Type: DetectionType.Registry } => platform != DevicePlatform.Windows ? "Only Windows has a registry."
            : string.IsNullOrEmpty(rule.Path) || rule.Path.Contains('"', StringComparison.Ordinal) ? "detection.path must be a registry key." : null,
        { Type: DetectionType.Script } => string.IsNullOrEmpty(rule.Script) ? "detection.script must not be empty." : null,
        _ => "This agent does not know such a detection rule.",
    };

    /// <exception cref="ToolException">It cannot be told.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<bool> IsInstalled(SoftwareDetection rule, Guid commandId, CancellationToken cancelled) => rule.Type switch
    {
        DetectionType.File => Task.FromResult(Path.Exists(rule.Path)),
        DetectionType.Package => HasPackage(rule, commandId, cancelled),
        DetectionType.Registry => HasKey(rule, commandId, cancelled),
        _ => ScriptSaysSo(rule, commandId, cancelled),
    };

    private async Task<bool> HasPackage(SoftwareDetection rule, Guid commandId, CancellationToken cancelled)
    {
        var question = platform switch
        {
            DevicePlatform.Windows => new ToolCommand("winget", ["list", "--id", rule.Name!, "--exact", "--accept-source-agreements", "--disable-interactivity"], AskTime),
            DevicePlatform.MacOS => new ToolCommand("pkgutil", ["--pkg-info", rule.Name!], AskTime),
            _ when tools.Has("dpkg-query") => new ToolCommand("dpkg-query", ["--show", "--showformat", "${db:Status-Status} ${Version}\n", rule.Name!], AskTime),
            _ => new ToolCommand("rpm", ["-q", "--qf", "installed %{EVR}\n", rule.Name!], AskTime),
        };
        var answer = await tools.Run(question with { Environment = new Dictionary<string, string> { ["LC_ALL"] = "C" } }, commandId, cancelled);
        if (!answer.Succeeded)
        {
            return false;
        }

        var words = answer.Output.Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return (platform != DevicePlatform.Linux || words.Contains("installed")) && (rule.Version is null || words.Contains(rule.Version));
    }

    private async Task<bool> HasKey(SoftwareDetection rule, Guid commandId, CancellationToken cancelled)
    {
        var answer = await tools.Run(
            new ToolCommand("reg", ["query", rule.Path!, .. rule.Name is { } name ? new[] { "/v", name } : []], AskTime), commandId, cancelled);
        return answer.Succeeded && (rule.Value is null || RegistryOutput.HasValue(answer.Output, rule.Value));
    }

    private async Task<bool> ScriptSaysSo(SoftwareDetection rule, Guid commandId, CancellationToken cancelled)
    {
        var language = platform == DevicePlatform.Windows ? ScriptLanguage.Powershell : ScriptLanguage.Sh;
        var outcome = await scripts.Run(new ScriptRequest(commandId, language, rule.Script!, new Dictionary<string, string>(), AskTime), cancelled);
        return outcome.End switch
        {
            ScriptEnd.Exited => outcome.ExitCode == 0,
            ScriptEnd.Cancelled => throw new OperationCanceledException(cancelled),
            _ => throw new ToolException($"The detection script did not end: {outcome.Error}"),
        };
    }

    // It becomes one argument, and must not be an option or a pattern.
    private static bool IsPlain(string? text) =>
        text is { Length: > 0 and <= 255 } && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || "+-._~:".Contains(c, StringComparison.Ordinal));
}

/// <summary>Reads what <c>reg query</c> prints.</summary>
public static class RegistryOutput
{
    /// <summary>True when a value of the key is this text, or this number (printed as <c>0x1f</c>).</summary>
    public static bool HasValue(string output, string value) => output.Split('\n')
        .Select(line => line.Trim())
        .Select(line => line.IndexOf("REG_", StringComparison.Ordinal) is >= 0 and var type ? line[type..].Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [])
        .Any(parts => parts is [_, var text]
            && (text == value
                || (parts[0] is "REG_DWORD" or "REG_QWORD"
                    && text.StartsWith("0x", StringComparison.Ordinal)
                    && ulong.TryParse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
                    && number.ToString(CultureInfo.InvariantCulture) == value)));
}
