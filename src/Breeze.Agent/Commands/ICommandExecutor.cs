using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>Runs the commands of some types on this machine.</summary>
public interface ICommandExecutor
{
    /// <summary>The values of <see cref="Command.Type"/> that it runs.</summary>
    IReadOnlyList<string> Types { get; }

    /// <summary>Why this device will not run such a command; null when it will. Looked at before anything is accepted.</summary>
    string? Refusal(string type, string payload);

    /// <summary>Runs a command that was not refused; does not throw for what it does.</summary>
    Task<Result> Run(RunningCommand command);
}

/// <summary>A command while it runs.</summary>
/// <param name="Id">The command.</param>
/// <param name="Attempt">Echoed in its result.</param>
/// <param name="Type">One of the executor's.</param>
/// <param name="Payload">As it was signed.</param>
/// <param name="Progress">Tells the server what is being done, for display; may be lost.</param>
/// <param name="Time">Times it.</param>
/// <param name="Cancelled">The server cancelled it, or the agent is stopping.</param>
public sealed record RunningCommand(
    Guid Id, int Attempt, string Type, string Payload, Action<CommandPhase> Progress, TimeProvider Time, CancellationToken Cancelled)
{
    // A result must fit into a frame together with its data, whatever a program printed.
    private const int LongestOutput = 8 * 1024;

    private readonly long _started = Time.GetTimestamp();

    public Result Completed(JsonElement? data, string? output = null) => End(ResultStatus.Completed, null, data, output);

    public Result Failed(string error, JsonElement? data = null, string? output = null) => End(ResultStatus.Failed, error, data, output);

    public Result Rejected(string error) => new(Id, Attempt, ResultStatus.Rejected, Error: error);

    /// <summary>Reads a payload; null when it is none of that kind.</summary>
    public static T? Read<T>(string payload, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Result End(ResultStatus status, string? error, JsonElement? data, string? output) => new(
        Id, Attempt, status, null, Tail(output), error, (long)Time.GetElapsedTime(_started).TotalMilliseconds, data);

    private static string? Tail(string? output) => output is null || output.Length <= LongestOutput ? output : $"[... {output.Length - LongestOutput} characters cut ...]\n{output[^LongestOutput..]}";
}
