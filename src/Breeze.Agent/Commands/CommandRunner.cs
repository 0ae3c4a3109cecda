using System.Text.Json;
using Breeze.Agent.Scripts;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>Turns a command into work on this machine, and what came of it into a result.</summary>
public sealed class CommandRunner(ScriptRunner scripts)
{
    /// <summary>Why this agent will not run such a command; null when it will.</summary>
    public static string? Refusal(Command command) =>
        command.Type != CommandTypes.RunScript ? $"This agent does not run commands of the type '{command.Type}'."
        : Script(command.Id, command.Payload) is not { } script ? "The payload is not a script that this agent understands."
        : ScriptRunner.Refusal(script);

    /// <summary>Runs a command that was not refused; does not throw for what it does.</summary>
    public async Task<Result> Run(JournalEntry entry, string payload, CancellationToken cancelled)
    {
        if (Script(entry.Id, payload) is not { } script)
        {
            return new Result(entry.Id, entry.Attempt, ResultStatus.Rejected, Error: "The payload in the journal is not a script.");
        }

        var outcome = await scripts.Run(script, cancelled);
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
            entry.Id, entry.Attempt, status, outcome.ExitCode, outcome.Output, outcome.Error, (long)outcome.Duration.TotalMilliseconds, data);
    }

    private static ScriptRequest? Script(Guid id, string payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, AgentJson.Default.RunScriptPayload) is { Content: not null } script
                ? new ScriptRequest(
                    id, script.Language, script.Content, script.Parameters ?? new Dictionary<string, string>(), TimeSpan.FromSeconds(script.TimeoutSeconds))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
