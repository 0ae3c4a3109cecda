using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>Finds who runs a command on this machine.</summary>
/// <param name="executors">One for each type at most.</param>
/// <param name="reports">What commands say before their result.</param>
/// <param name="time">Times them.</param>
public sealed class CommandRunner(IReadOnlyList<ICommandExecutor> executors, ServerReports reports, TimeProvider time)
{
    private readonly Dictionary<string, ICommandExecutor> _executors =
        executors.SelectMany(executor => executor.Types.Select(type => (type, executor))).ToDictionary(pair => pair.type, pair => pair.executor);

    public ServerReports Reports => reports;

    /// <summary>The types of commands that this agent runs.</summary>
    public IReadOnlyList<string> Types => [.. _executors.Keys];

    /// <summary>Why this agent will not run such a command; null when it will.</summary>
    public string? Refusal(Command command) => _executors.TryGetValue(command.Type, out var executor)
        ? executor.Refusal(command.Type, command.Payload)
        : $"This agent does not run commands of the type '{command.Type}'.";

    /// <summary>Runs a command that was not refused; does not throw for what it does.</summary>
    public Task<Result> Run(JournalEntry entry, string payload, CancellationToken cancelled) => _executors[entry.Type].Run(new RunningCommand(
        entry.Id, entry.Attempt, entry.Type, payload, phase => reports.Tell(new Progress(entry.Id, entry.Attempt, phase)), time, cancelled));
}
