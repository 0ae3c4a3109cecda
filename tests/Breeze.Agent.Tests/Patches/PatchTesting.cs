using Breeze.Agent.Patches;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

internal static class PatchTesting
{
    public static PatchReference Reference(string source, string externalId) => new(Guid.CreateVersion7(), source, externalId, externalId);

    public static PatchRun Run(CancellationToken cancelled = default) => new(Guid.CreateVersion7(), _ => { }, _ => { }, cancelled);
}
