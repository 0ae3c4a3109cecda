using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Windows;

/// <summary>Windows Update, through the Windows Update Agent.</summary>
public sealed class WindowsUpdateSource(ToolRunner tools) : IPatchSource
{
    private static readonly TimeSpan ScanTime = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromHours(3);

    // An id becomes part of a list in one variable: only what Windows Update itself makes is let through.
    private static readonly Func<PatchReference, bool> IsUpdate = patch => Guid.TryParseExact(patch.ExternalId, "D", out _);

    public string Name => PatchSources.Microsoft;

    public async Task<PatchInventory> Scan(Guid commandId, CancellationToken cancelled) =>
        WindowsUpdateOutput.Inventory(await tools.Ask(Command(WindowsUpdateScripts.Scan, ScanTime), commandId, cancelled));

    public Task<IReadOnlyList<PatchResult>> Install(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        Change(patches, WindowsUpdateScripts.Install, PatchResultStatus.Installed, run);

    public Task<IReadOnlyList<PatchResult>> RollBack(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        Change(patches, WindowsUpdateScripts.Uninstall, PatchResultStatus.RolledBack, run);

    // Each by itself, so that a cancelled command begins no further one and a hanging one has only its own time.
    private async Task<IReadOnlyList<PatchResult>> Change(IReadOnlyList<PatchReference> patches, string script, PatchResultStatus reached, PatchRun run)
    {
        var results = new List<PatchResult>();
        foreach (var patch in patches)
        {
            results.Add(
                run.Cancelled.IsCancellationRequested ? new(patch.Id, PatchResultStatus.Skipped, PatchRun.CancelledError)
                : !IsUpdate(patch) ? new(patch.Id, PatchResultStatus.Failed, $"'{patch.ExternalId}' is no update of Windows Update.")
                : await ChangeOne(patch, script, reached, run));
        }

        return results;
    }

    private async Task<PatchResult> ChangeOne(PatchReference patch, string script, PatchResultStatus reached, PatchRun run)
    {
        run.Progress(reached == PatchResultStatus.Installed ? CommandPhase.Downloading : CommandPhase.Installing);
        try
        {
            var command = Command(script, ChangeTime) with
            {
                IsTransaction = true,
                Environment = new Dictionary<string, string> { [WindowsUpdateScripts.Ids] = patch.ExternalId },
            };
            var outcome = WindowsUpdateOutput.Outcomes(await tools.Ask(command, run.CommandId, CancellationToken.None)).GetValueOrDefault(patch.ExternalId);
            run.Log($"{patch.Title}: {outcome?.State} {outcome?.Error}\n");
            return outcome?.State switch
            {
                "done" => new(patch.Id, reached, null, outcome.Reboot == true),
                // Superseded or withdrawn: the next scan will not offer it either.
                "absent" => new(patch.Id, PatchResultStatus.Skipped, outcome.Error),
                _ => new(patch.Id, PatchResultStatus.Failed, outcome?.Error ?? "Windows Update said nothing about it.", outcome?.Reboot == true),
            };
        }
        catch (ToolException e)
        {
            return new(patch.Id, PatchResultStatus.Failed, e.Message);
        }
    }

    private static ToolCommand Command(string script, TimeSpan timeout) =>
        new("powershell", ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-EncodedCommand", WindowsUpdateScripts.Encoded(script)], timeout);
}
