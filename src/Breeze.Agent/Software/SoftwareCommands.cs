using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Agent.Reboots;
using Breeze.Agent.Scripts;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Software;

/// <summary><c>install_software</c> and <c>uninstall_software</c>: the detection rule has the first and the last word.</summary>
/// <param name="http">Downloads installers.</param>
/// <param name="tools">Runs them.</param>
/// <param name="scripts">Runs uninstall commands and detection scripts.</param>
/// <param name="reboot">Nothing is begun before a restart.</param>
/// <param name="downloads">The folder for their private folders.</param>
/// <param name="platform">Decides which installers can be run.</param>
public sealed class SoftwareCommands(
    HttpClient http, ToolRunner tools, ScriptRunner scripts, PendingReboot reboot, string downloads, DevicePlatform platform) : ICommandExecutor
{
    private static readonly TimeSpan DownloadTime = TimeSpan.FromHours(1);
    private static readonly TimeSpan RunTime = TimeSpan.FromHours(1);

    private readonly Detection _detection = new(tools, scripts, platform);

    public IReadOnlyList<string> Types { get; } = [CommandTypes.InstallSoftware, CommandTypes.UninstallSoftware];

    public string? Refusal(string type, string payload)
    {
        if (Package(payload) is not { } package)
        {
            return "The payload is not a software package that this agent understands.";
        }

        var detection = package.Detection is { } rule ? _detection.Refusal(rule) : null;
        return detection ?? (type == CommandTypes.InstallSoftware ? InstallRefusal(package)
            : string.IsNullOrWhiteSpace(package.Arguments) ? "The package has no uninstall command." : null);
    }

    public async Task<Result> Run(RunningCommand command)
    {
        var package = Package(command.Payload)!;
        var install = command.Type == CommandTypes.InstallSoftware;
        if (reboot.Announced is { } at)
        {
            return command.Failed($"The device is about to restart ({at:u}).");
        }

        try
        {
            return await Detected(package, command) == install
                ? End(command, new SoftwareResult(Changed: false, install), "")
                : install ? await Install(package, command)
                : await Uninstall(package, command);
        }
        catch (ToolException e)
        {
            return command.Failed(e.Message);
        }
        catch (OperationCanceledException)
        {
            return command.Failed("It was ended because the server cancelled it.");
        }
    }

    private async Task<Result> Install(SoftwarePayload package, RunningCommand command)
    {
        var kind = InstallerKind.Of(new Uri(package.Url), platform)!;
        command.Progress(CommandPhase.Downloading);
        using var download = await InstallerDownload.Fetch(http, package, kind, downloads, command.Id, DownloadTime, command.Cancelled);
        command.Progress(CommandPhase.Installing);
        var outcome = await tools.Run(kind.Command(download.Path, package.Arguments, RunTime), command.Id, command.Cancelled);
        var asksForReboot = InstallerKind.AsksForReboot(outcome.ExitCode, platform);
        var detected = await Detected(package, command);
        var data = new SoftwareResult(Changed: true, detected, asksForReboot);
        return !outcome.Succeeded && !asksForReboot
                ? Fail(command, data, outcome.ExitCode, outcome.Log, $"The installer ended with exit code {outcome.ExitCode}: {ToolRunner.LastLines(outcome.Log)}")
            // A restart may still have to bring it into place.
            : detected == false && !asksForReboot
                ? Fail(command, data, outcome.ExitCode, outcome.Log, "The installer ended well, and the detection rule does not find what it should have installed.")
            : End(command, data, outcome.Log, outcome.ExitCode);
    }

    private async Task<Result> Uninstall(SoftwarePayload package, RunningCommand command)
    {
        command.Progress(CommandPhase.Installing);
        var language = platform == DevicePlatform.Windows ? ScriptLanguage.Powershell : ScriptLanguage.Sh;
        var outcome = await scripts.Run(new ScriptRequest(command.Id, language, package.Arguments!, new Dictionary<string, string>(), RunTime), command.Cancelled);
        var asksForReboot = outcome.ExitCode is { } code && InstallerKind.AsksForReboot(code, platform);
        var detected = await Detected(package, command);
        var data = new SoftwareResult(Changed: true, detected, asksForReboot);
        return outcome.ExitCode != 0 && !asksForReboot
                ? Fail(command, data, outcome.ExitCode, outcome.Output, $"{outcome.Error} {ToolRunner.LastLines(outcome.Output)}".Trim())
            : detected == true && !asksForReboot
                ? Fail(command, data, outcome.ExitCode, outcome.Output, "The uninstall command ended well, and the detection rule still finds the package.")
            : End(command, data, outcome.Output, outcome.ExitCode);
    }

    private async Task<bool?> Detected(SoftwarePayload package, RunningCommand command) =>
        package.Detection is { } rule ? await _detection.IsInstalled(rule, command.Id, command.Cancelled) : null;

    private string? InstallRefusal(SoftwarePayload package) =>
        !Uri.TryCreate(package.Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") ? "url must be an http or https address."
        : InstallerKind.Of(address, platform) is null ? $"This device does not install what is at that address; it knows {InstallerKind.Known(platform)}."
        : package.SizeBytes <= 0 ? "sizeBytes must be above 0."
        : package.Sha256 is not { Length: 64 } || !package.Sha256.All(char.IsAsciiHexDigit) ? "sha256 must be 64 hex digits."
        : null;

    private static SoftwarePayload? Package(string payload) =>
        RunningCommand.Read(payload, AgentJson.Default.SoftwarePayload) is { Name: not null, Url: not null } package ? package : null;

    private static Result End(RunningCommand command, SoftwareResult data, string log, int? exitCode = null) =>
        command.Completed(JsonSerializer.SerializeToElement(data, AgentJson.Default.SoftwareResult), log) with { ExitCode = exitCode };

    private static Result Fail(RunningCommand command, SoftwareResult data, int? exitCode, string log, string error) =>
        command.Failed(error, JsonSerializer.SerializeToElement(data, AgentJson.Default.SoftwareResult), log) with { ExitCode = exitCode };
}
