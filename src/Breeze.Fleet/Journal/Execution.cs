using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Journal;

/// <summary>One line of the fleet's journal: a command was run, or has a result.</summary>
/// <param name="DeviceId">On which device.</param>
/// <param name="CommandId">Which command.</param>
/// <param name="Attempt">As the command said.</param>
/// <param name="Status">Null on the line that was written before it ran.</param>
/// <param name="ExitCode">With a status, where a process would have ended.</param>
public sealed record Execution(Guid DeviceId, Guid CommandId, int Attempt, ResultStatus? Status = null, int? ExitCode = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Execution))]
internal sealed partial class ExecutionJson : JsonSerializerContext;
