using System.Text.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Patches;

/// <summary>The machine's real apt and dpkg over a package root of the test's own, behind a whole agent.</summary>
public abstract class AptTest : IDisposable
{
    protected AptWorld Apt { get; } = new();

    protected Signer Signer { get; } = new();

    public void Dispose()
    {
        Apt.Dispose();
        Signer.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Ready(params string[] repositories)
    {
        Apt.Publish(repositories);
        Apt.Refresh();
    }

    protected RunningProcessor Agent() => new(Apt.Agent, Signer, tools: Apt.Tools);

    protected async Task<(Result Result, IReadOnlyList<SourceScan> Sources)> Scan(RunningProcessor agent, ScriptedLink link, string[] sources)
    {
        agent.Receive(Signer.Sign(CommandTypes.ScanPatches, JsonSerializer.Serialize(new ScanPatchesPayload(sources), AgentJson.Default.ScanPatchesPayload)));
        var result = await link.NextResult();
        return (result, result.Data!.Value.Deserialize(AgentJson.Default.ScanResults)!.Sources);
    }

    protected Task<(Result Result, IReadOnlyList<PatchResult> Patches)> Install(RunningProcessor agent, ScriptedLink link, params string[] externalIds) =>
        Change(agent, link, CommandTypes.InstallPatches, externalIds);

    protected async Task<(Result Result, IReadOnlyList<PatchResult> Patches)> Change(RunningProcessor agent, ScriptedLink link, string type, params string[] externalIds)
    {
        agent.Receive(Signer.Sign(type, Payload(externalIds)));
        var result = await link.NextResult();
        return (result, result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results);
    }

    protected static string Payload(params string[] externalIds) => JsonSerializer.Serialize(
        new PatchesPayload([.. externalIds.Select(id => new PatchReference(Guid.CreateVersion7(), PatchSources.Linux, id, id))]), AgentJson.Default.PatchesPayload);
}
