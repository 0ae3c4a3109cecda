using Breeze.Contracts.Agents;
using Breeze.Core;

namespace Breeze.Silo.Agents;

/// <summary>Where a command stands; stored as <c>device_commands.state</c>. Done and withdrawn are never left.</summary>
public enum CommandState
{
    Queued = 1,
    Sent = 2,
    Accepted = 3,
    Done = 4,
    Withdrawn = 5,
}

/// <summary>How a command ended; stored as <c>device_commands.outcome</c>.</summary>
public enum CommandOutcome
{
    Completed = 1,
    Failed = 2,
    Rejected = 3,
    Interrupted = 4,

    /// <summary>Given up by its origin; a result that still comes is recorded as late.</summary>
    TimedOut = 5,
}

/// <summary>A command to be written into the ledger.</summary>
/// <param name="Type">One of <see cref="CommandTypes"/>.</param>
/// <param name="Payload">JSON as text, sent as it is.</param>
/// <param name="Attempt">From 1; the device echoes it.</param>
/// <param name="GateId">The gate that must be open for it to become sent; null for none.</param>
/// <param name="BypassesGate">Sent although its gate is closed (not when it is withdrawn).</param>
/// <param name="Origin">The <see cref="GrainId"/> (text) of the <see cref="ICommandOrigin"/> that is told; null when nobody is.</param>
/// <param name="LeftOut">For people: what was asked for and is not in the payload, as JSON; null for nothing.</param>
public sealed record NewCommand(
    CommandId Id,
    DeviceId DeviceId,
    OrgId OrgId,
    string Type,
    string Payload,
    int Attempt,
    Guid? GateId,
    bool BypassesGate,
    string? Origin,
    string? LeftOut = null);

/// <summary>A command that is committed as sent, on its way to the silo that holds the device's socket.</summary>
/// <param name="SiloId">The silo that presence names for the device.</param>
/// <param name="Origin">As in <see cref="NewCommand"/>: the gateway remembers it, so that a result needs no look-up.</param>
/// <param name="SentAt">When it was committed as sent; it expires five minutes later however late it is signed.</param>
[GenerateSerializer, Immutable, Alias("breeze.OutgoingCommand")]
public sealed record OutgoingCommand(
    [property: Id(0)] CommandId Id,
    [property: Id(1)] DeviceId DeviceId,
    [property: Id(2)] string SiloId,
    [property: Id(3)] string Type,
    [property: Id(4)] string Payload,
    [property: Id(5)] int Attempt,
    [property: Id(6)] string? Origin,
    [property: Id(7)] DateTimeOffset SentAt);

/// <summary>A command whose device should be told to stop or forget it.</summary>
[GenerateSerializer, Immutable, Alias("breeze.CancelTarget")]
public sealed record CancelTarget([property: Id(0)] CommandId Id, [property: Id(1)] DeviceId DeviceId, [property: Id(2)] string SiloId);

/// <summary>The end of a command: a device's result, or its origin's giving up.</summary>
/// <param name="Output">Bounded to 64 KiB with the cut marked, free of NUL and of broken UTF-16.</param>
/// <param name="Data">JSON text; null for none.</param>
[GenerateSerializer, Immutable, Alias("breeze.CommandEnd")]
public sealed record CommandEnd(
    [property: Id(0)] CommandId Id,
    [property: Id(1)] DeviceId DeviceId,
    [property: Id(2)] int Attempt,
    [property: Id(3)] CommandOutcome Outcome,
    [property: Id(4)] int? ExitCode = null,
    [property: Id(5)] string? Output = null,
    [property: Id(6)] string? Error = null,
    [property: Id(7)] long? DurationMs = null,
    [property: Id(8)] string? Data = null);

/// <summary>An unaccepted command that was withdrawn.</summary>
/// <param name="WasSent">Its device may have it: tell it (<see cref="ICommandDelivery.Cancel"/>).</param>
/// <param name="SiloId">The silo that holds the device's socket; null when it is not online.</param>
public sealed record WithdrawnCommand(CommandId Id, DeviceId DeviceId, bool WasSent, string? SiloId);

/// <summary>Whoever made commands and is told how they go.</summary>
/// <remarks>
/// The agent's grain calls it with what the device said, after it has checked device and attempt. The origin commits the ledger's step and
/// its own rows in one transaction and then returns; only then the device is answered, so a lost call is repeated by the device.
/// </remarks>
public interface ICommandOrigin : IGrain
{
    /// <returns>False: withdrawn, do not run it.</returns>
    [Alias("CommandAccepted"), ResponseTimeout(IAgentGrain.AgentPatience)]
    Task<bool> CommandAccepted(CommandId id, int attempt);

    [Alias("CommandEnded"), ResponseTimeout(IAgentGrain.AgentPatience)]
    Task CommandEnded(CommandEnd end);

    /// <summary>A value for display; may be lost.</summary>
    [Alias("CommandProgressed")]
    Task CommandProgressed(CommandId id, CommandPhase phase);
}

/// <summary>Brings commands that are committed as sent to their devices.</summary>
/// <remarks>Best effort and never throws: what does not arrive is sent again by the resend loop or on the device's next connection.</remarks>
public interface ICommandDelivery
{
    Task Deliver(IReadOnlyList<OutgoingCommand> commands);

    /// <summary>Looks for waiting commands of these devices: to be called when commands were queued for devices that seemed offline.</summary>
    Task Wake(IReadOnlyList<DeviceId> devices);

    Task Cancel(IReadOnlyList<CancelTarget> commands);
}
