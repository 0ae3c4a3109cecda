using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet.Devices;

/// <summary>Words an outcome as a real agent would.</summary>
internal static class SimulatedResult
{
    public static Result Of(SimulatedOutcome outcome, Guid commandId, int attempt, string hostname, TimeSpan duration) => outcome.Kind switch
    {
        OutcomeKind.Completed or OutcomeKind.Silent => new(
            commandId, attempt, ResultStatus.Completed, 0, $"{hostname}: attempt {attempt} went well\n", null, (long)duration.TotalMilliseconds),
        OutcomeKind.Failed => new(
            commandId, attempt, ResultStatus.Failed, 1, $"{hostname}: attempt {attempt} failed\n", "The script ended with exit code 1.", (long)duration.TotalMilliseconds),
        OutcomeKind.Rejected => new(commandId, attempt, ResultStatus.Rejected, Error: "This simulated device refuses."),
        _ => new(commandId, attempt, ResultStatus.Interrupted, Error: "The agent ended while the command was running."),
    };
}
