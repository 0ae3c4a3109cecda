using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>The agent protocol's JSON, source-generated so that an agent compiled ahead of time can speak it.</summary>
/// <remarks>camelCase, enums in lower snake case, nulls left out; unknown members are ignored so that either side may be newer.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 32)]
[JsonSerializable(typeof(EnrollRequest))]
[JsonSerializable(typeof(EnrollAnswer))]
[JsonSerializable(typeof(RotateTokenRequest))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(HelloAnswer))]
[JsonSerializable(typeof(Accepted))]
[JsonSerializable(typeof(AcceptAnswer))]
[JsonSerializable(typeof(Result))]
[JsonSerializable(typeof(Acknowledged))]
[JsonSerializable(typeof(Progress))]
[JsonSerializable(typeof(ReportInventory))]
[JsonSerializable(typeof(ReportPatches))]
[JsonSerializable(typeof(ReportedPatch))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(CancelCommand))]
[JsonSerializable(typeof(Reconnect))]
[JsonSerializable(typeof(RunScriptPayload))]
[JsonSerializable(typeof(ScriptResultData))]
[JsonSerializable(typeof(ScanPatchesPayload))]
[JsonSerializable(typeof(PatchesPayload))]
[JsonSerializable(typeof(PatchResults))]
[JsonSerializable(typeof(SoftwarePayload))]
[JsonSerializable(typeof(ApplyPolicyPayload))]
[JsonSerializable(typeof(RebootPayload))]
[JsonSerializable(typeof(ScanResults))]
[JsonSerializable(typeof(AppliedPolicy))]
[JsonSerializable(typeof(AnnouncedReboot))]
[JsonSerializable(typeof(SoftwareResult))]
public sealed partial class AgentJson : JsonSerializerContext;
