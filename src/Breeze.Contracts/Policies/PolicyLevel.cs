using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Policies;

/// <summary>What a policy is assigned to. Stored by number; a higher one is more specific and wins.</summary>
[JsonConverter(typeof(SnakeCaseEnum<PolicyLevel>))]
public enum PolicyLevel
{
    Partner = 1,
    Organization = 2,
    Site = 3,
    DeviceGroup = 4,
    Device = 5,
}
