using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>The first message on a connection; nothing is sent to the agent before it.</summary>
/// <param name="Capabilities">What the agent can run, for example <c>script:bash</c>; at most 100 of 64 characters.</param>
public sealed record Hello(string AgentVersion, string OsVersion, IReadOnlyList<string> Capabilities);

/// <param name="ServerTime">The server's clock, by which the agent judges <c>expiresAt</c>.</param>
/// <param name="CommandKeys">All keys in use; an unknown one comes with a signature by one the agent has.</param>
public sealed record HelloAnswer(DateTimeOffset ServerTime, IReadOnlyList<CommandKey> CommandKeys);

/// <summary>The command is in the agent's journal; it runs once the answer says proceed.</summary>
public sealed record Accepted(Guid CommandId, int Attempt);

/// <param name="Proceed">False: withdrawn or unknown, do not run it and forget it.</param>
public sealed record AcceptAnswer(bool Proceed);

[JsonConverter(typeof(SnakeCaseEnum<ResultStatus>))]
public enum ResultStatus
{
    Completed = 1,
    Failed = 2,

    /// <summary>The agent would not run it (signature, expiry, unsupported type …).</summary>
    Rejected = 3,

    /// <summary>The agent died while running it and does not know how it ended.</summary>
    Interrupted = 4,
}

/// <summary>How a command ended. Answered when durable; a repeat is safe and changes nothing.</summary>
/// <param name="ExitCode">Null when no process ended.</param>
/// <param name="Output">At most <see cref="AgentMethods.MaxOutputBytes"/>; null for none.</param>
/// <param name="Error">One sentence, or the error stream; null for none.</param>
/// <param name="DurationMs">Milliseconds from start to end; null when it did not start.</param>
/// <param name="Data">What the command's type adds; null for none.</param>
public sealed record Result(
    Guid CommandId,
    int Attempt,
    ResultStatus Status,
    int? ExitCode = null,
    string? Output = null,
    string? Error = null,
    long? DurationMs = null,
    JsonElement? Data = null);

/// <summary>The answer to <see cref="Result"/> and the reports.</summary>
/// <param name="Refused">Null: it is durable. Otherwise why it was not taken (not this device's, another attempt …): do not send it again.</param>
public sealed record Acknowledged(string? Refused = null);

[JsonConverter(typeof(SnakeCaseEnum<CommandPhase>))]
public enum CommandPhase
{
    Downloading = 1,
    Installing = 2,
}

/// <summary>A value for display; answered at once, may be lost.</summary>
public sealed record Progress(Guid CommandId, int Attempt, CommandPhase Phase);

/// <summary>What the device says about itself; members that are null are left as they are.</summary>
public sealed record ReportInventory(string? Hostname = null, string? OsVersion = null, string? Architecture = null, string? AgentVersion = null);

/// <summary>A signed order to one device.</summary>
/// <param name="Id">Unique; the agent runs an id at most once, however often it comes.</param>
/// <param name="Type">One of <see cref="CommandTypes"/>.</param>
/// <param name="Payload">JSON as text, so that its bytes are certain.</param>
/// <param name="Attempt">From 1; echoed in every answer.</param>
/// <param name="Sequence">Grows with every sending to this device; below 2^53. A repeat of a known id carries a new one.</param>
/// <param name="IssuedAt">Server's clock, whole milliseconds, UTC.</param>
/// <param name="ExpiresAt">At most five minutes after sending; whole milliseconds, UTC.</param>
/// <param name="KeyId">The <see cref="CommandKey"/> that signed it.</param>
/// <param name="Signature">Over <see cref="CommandSignature.Bytes"/>, base64.</param>
public sealed record Command(
    Guid Id,
    string Type,
    string Payload,
    int Attempt,
    long Sequence,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    string KeyId,
    string Signature);

/// <summary>Stop, or do not start: the server no longer waits for this command.</summary>
public sealed record CancelCommand(Guid Id);

/// <param name="AfterMs">Milliseconds to wait before connecting again (the agent adds its own jitter).</param>
/// <param name="Reason">For the agent's log.</param>
public sealed record Reconnect(int AfterMs, string Reason);
