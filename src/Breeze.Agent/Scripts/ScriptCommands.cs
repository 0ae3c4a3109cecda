using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Scripts;

/// <summary><c>run_script</c>.</summary>
public sealed class ScriptCommands(ScriptRunner scripts) : ICommandExecutor
{
    public IReadOnlyList<string> Types { get; } = [CommandTypes.RunScript];

    public string? Refusal(string type, string payload) => Script(Guid.Empty, payload) is { } script
        ? ScriptRunner.Refusal(script)
        : "The payload is not a script that this agent understands.";

    public async Task<Result> Run(RunningCommand command)
    {
        if (Script(command.Id, command.Payload) is not { } script)
        {
            return command.Rejected("The payload in the journal is not a script.");
        }

        var outcome = await scripts.Run(script, command.Cancelled);
        var status = outcome switch
        {
            { End: ScriptEnd.NotStarted } => ResultStatus.Rejected,
            { End: ScriptEnd.Exited, ExitCode: 0 } => ResultStatus.Completed,
            _ => ResultStatus.Failed,
        };
        JsonElement? data = outcome.End == ScriptEnd.TimedOut
            ? JsonSerializer.SerializeToElement(new ScriptResultData(TimedOut: true), AgentJson.Default.ScriptResultData)
            : null;
        return new Result(
            command.Id, command.Attempt, status, outcome.ExitCode, outcome.Output, outcome.Error, (long)outcome.Duration.TotalMilliseconds, data);
    }

    private static ScriptRequest? Script(Guid id, string payload) =>
        RunningCommand.Read(payload, AgentJson.Default.RunScriptPayload) is { Content: not null } script
            ? new ScriptRequest(
                id, script.Language, script.Content, script.Parameters ?? new Dictionary<string, string>(), TimeSpan.FromSeconds(script.TimeoutSeconds))
            : null;
}
