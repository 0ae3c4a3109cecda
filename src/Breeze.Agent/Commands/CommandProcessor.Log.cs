using Breeze.Contracts.Agents;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Commands;

/// <summary>One line for each step of a command; never its payload, parameters or output.</summary>
public sealed partial class CommandProcessor
{
    [LoggerMessage(LogLevel.Information, "Command {CommandId} received: {Type}, attempt {Attempt}")]
    private partial void LogReceived(Guid commandId, string type, int attempt);

    [LoggerMessage(LogLevel.Information, "Command {CommandId} came again, it is {Step}")]
    private partial void LogRepeated(Guid commandId, JournalStep step);

    [LoggerMessage(LogLevel.Warning, "Command {CommandId} refused: {Refusal}")]
    private partial void LogRefused(Guid commandId, CommandRefusal refusal);

    [LoggerMessage(LogLevel.Information, "Command {CommandId} withdrawn by the server, not run")]
    private partial void LogWithdrawn(Guid commandId);

    [LoggerMessage(LogLevel.Information, "Command {CommandId} started, attempt {Attempt}")]
    private partial void LogStarted(Guid commandId, int attempt);

    [LoggerMessage(LogLevel.Information, "Command {CommandId} cancelled by the server")]
    private partial void LogCancelled(Guid commandId);

    [LoggerMessage(LogLevel.Information, "Command {CommandId} ended: {Status}, exit code {ExitCode}")]
    private partial void LogFinished(Guid commandId, ResultStatus status, int? exitCode);

    [LoggerMessage(LogLevel.Information, "Command {CommandId}: the server has the result")]
    private partial void LogAcknowledged(Guid commandId);

    [LoggerMessage(LogLevel.Warning, "Command {CommandId}: the server does not take the result: {Reason}")]
    private partial void LogNotTaken(Guid commandId, string reason);

    [LoggerMessage(LogLevel.Error, "The journal could not be written for command {CommandId}: {Reason}")]
    private partial void LogJournalFailed(Guid commandId, string reason);

    [LoggerMessage(LogLevel.Error, "The journal is damaged: what was open in it is reported as interrupted, not run")]
    private partial void LogDamaged();

    [LoggerMessage(LogLevel.Error, "Command {CommandId} failed inside the agent")]
    private partial void LogBroken(Guid commandId, Exception exception);
}
