using System.Globalization;
using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Agent.Scripts;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Reboots;

/// <summary><c>reboot</c>: announced to whoever is signed in, done by the system itself when its time has come.</summary>
/// <remarks>
/// The system waits at least a minute: by then the result is in the journal and, with a server there, acknowledged. Other results are
/// in the journal anyway, and commands that would be torn apart are not begun meanwhile.
/// </remarks>
public sealed class RebootCommands(ToolRunner tools, PendingReboot pending, DevicePlatform platform) : ICommandExecutor
{
    private const int LongestReason = 400;
    private const int LongestDelay = 10_080;
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(1);

    public IReadOnlyList<string> Types { get; } = [CommandTypes.Reboot];

    public string? Refusal(string type, string payload) => RunningCommand.Read(payload, AgentJson.Default.RebootPayload) switch
    {
        null or { Reason: null } => "The payload is not a reboot that this agent understands.",
        { DelayMinutes: < 0 or > LongestDelay } => $"delayMinutes must be from 0 to {LongestDelay}.",
        _ => null,
    };

    public async Task<Result> Run(RunningCommand command)
    {
        var reboot = RunningCommand.Read(command.Payload, AgentJson.Default.RebootPayload)!;
        var minutes = Math.Max(1, reboot.DelayMinutes);
        try
        {
            var log = await tools.Ask(new ToolCommand("shutdown", Arguments(platform, minutes, Text(reboot.Reason)), AskTime), command.Id, command.Cancelled);
            pending.Announce(TimeSpan.FromMinutes(minutes));
            return command.Completed(JsonSerializer.SerializeToElement(new AnnouncedReboot(minutes), AgentJson.Default.AnnouncedReboot), log);
        }
        catch (ToolException e)
        {
            return command.Failed(e.Message);
        }
        catch (OperationCanceledException)
        {
            return command.Failed("The server cancelled the reboot before it was announced.");
        }
    }

    /// <summary>The arguments of <c>shutdown</c>, on Windows of <c>shutdown.exe</c>.</summary>
    public static IReadOnlyList<string> Arguments(DevicePlatform platform, int minutes, string reason) => platform == DevicePlatform.Windows
        ? ["/r", "/t", (minutes * 60).ToString(CultureInfo.InvariantCulture), "/d", "p:2:17", "/c", reason]
        : ["-r", "+" + minutes.ToString(CultureInfo.InvariantCulture), reason];

    // With a word of ours before it no reason can be an option; what is shown on terminals must not steer them.
    private static string Text(string? reason)
    {
        var text = new string([.. $"Breeze: {reason}".Select(c => char.IsControl(c) ? ' ' : c)]).TrimEnd();
        return text.Length <= LongestReason ? text : text[..LongestReason];
    }
}
