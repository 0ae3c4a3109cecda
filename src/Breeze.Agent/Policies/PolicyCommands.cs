using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Policies;

/// <summary><c>apply_policy</c>.</summary>
public sealed class PolicyCommands(DevicePolicy device) : ICommandExecutor
{
    public IReadOnlyList<string> Types { get; } = [CommandTypes.ApplyPolicy];

    public string? Refusal(string type, string payload) => RunningCommand.Read(payload, AgentJson.Default.ApplyPolicyPayload) is { } policy
        ? DevicePolicy.Refusal(policy.Settings)
        : "The payload is not a policy that this agent understands.";

    public Task<Result> Run(RunningCommand command)
    {
        var policy = RunningCommand.Read(command.Payload, AgentJson.Default.ApplyPolicyPayload)!;
        try
        {
            var applied = device.Apply(policy, command.Time.GetUtcNow());
            return Task.FromResult(command.Completed(JsonSerializer.SerializeToElement(applied, AgentJson.Default.AppliedPolicy)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(command.Failed($"The policy could not be kept: {e.Message}"));
        }
    }
}
