using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>One of the sources of patches that a device can have.</summary>
public interface IPatchSource
{
    /// <summary>One of <see cref="PatchSources"/>.</summary>
    string Name { get; }

    /// <summary>Looks at what is offered and what is installed.</summary>
    /// <exception cref="Tools.ToolException">It could not be scanned; nothing is known then, and nothing is reported.</exception>
    Task<PatchInventory> Scan(Guid commandId, CancellationToken cancelled);

    /// <summary>Installs patches; one that fails stops no other.</summary>
    /// <returns>One outcome for each, in their order.</returns>
    Task<IReadOnlyList<PatchResult>> Install(IReadOnlyList<PatchReference> patches, PatchRun run);

    /// <summary>Takes patches off again; as <see cref="Install"/>.</summary>
    Task<IReadOnlyList<PatchResult>> RollBack(IReadOnlyList<PatchReference> patches, PatchRun run);
}

/// <summary>What a source's scan found.</summary>
/// <param name="Warning">Null when complete: else why something may be missing.</param>
public sealed record PatchInventory(IReadOnlyList<ReportedPatch> Available, IReadOnlyList<ReportedPatch> Installed, string? Warning = null)
{
    public bool IsComplete => Warning is null;
}

/// <summary>One command at work on patches.</summary>
/// <param name="CommandId">The command.</param>
/// <param name="Progress">Tells the server what is being done, for display.</param>
/// <param name="Log">Takes what the device's programs said.</param>
/// <param name="Cancelled">No further patch is begun; what is begun is finished.</param>
public sealed record PatchRun(Guid CommandId, Action<CommandPhase> Progress, Action<string> Log, CancellationToken Cancelled)
{
    public const string CancelledError = "The server cancelled the command before this patch's turn.";
}
