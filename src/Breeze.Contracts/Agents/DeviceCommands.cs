using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

[JsonConverter(typeof(SnakeCaseEnum<DeviceCommandState>))]
public enum DeviceCommandState
{
    Queued = 1,
    Sent = 2,
    Accepted = 3,
    Done = 4,
    Withdrawn = 5,
}

[JsonConverter(typeof(SnakeCaseEnum<DeviceCommandOutcome>))]
public enum DeviceCommandOutcome
{
    Completed = 1,
    Failed = 2,
    Rejected = 3,
    Interrupted = 4,
    TimedOut = 5,
}

/// <summary>The device whose credential was changed.</summary>
public sealed record DeviceReference(Guid DeviceId);

/// <summary>One command in <c>GET /devices/:id/commands</c>, newest first.</summary>
/// <param name="Outcome">Null until it is done.</param>
/// <param name="DurationMs">Milliseconds on the device; null when unknown.</param>
/// <param name="Late">The result came after it was given up or withdrawn, and changed nothing.</param>
public sealed record DeviceCommand(
    Guid Id,
    string Type,
    int Attempt,
    DeviceCommandState State,
    DeviceCommandOutcome? Outcome,
    int? ExitCode,
    long? DurationMs,
    bool Late,
    DateTimeOffset CreatedAt,
    DateTimeOffset? SentAt,
    DateTimeOffset? AcceptedAt,
    DateTimeOffset? EndedAt);

/// <summary>One command with what it left, <c>GET /devices/:id/commands/:commandId</c>.</summary>
/// <param name="Output">At most 64 KiB, the cut marked; null for none. The device's own text: encode it wherever it is shown.</param>
public sealed record DeviceCommandDetail(DeviceCommand Command, string? Output, string? Error, JsonElement? Data);
