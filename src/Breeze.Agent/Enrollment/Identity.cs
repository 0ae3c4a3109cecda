using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Enrollment;

/// <summary>Who this device is: the outcome of its enrolment, kept in a file that only its owner can read.</summary>
/// <param name="Server">The server's root address.</param>
/// <param name="DeviceId">This device.</param>
/// <param name="OrgId">Its organization when it enrolled.</param>
/// <param name="SiteId">Its site when it enrolled.</param>
/// <param name="Token">The credential; a secret.</param>
/// <param name="CommandKeys">The pinned keys, and those that they vouched for since.</param>
public sealed record Identity(
    Uri Server, Guid DeviceId, Guid OrgId, Guid SiteId, string Token, IReadOnlyList<CommandKey> CommandKeys);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Identity))]
public sealed partial class IdentityJson : JsonSerializerContext;
