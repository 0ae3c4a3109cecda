using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Apple;

/// <summary>macOS' own updates.</summary>
public sealed class SoftwareUpdateSource(ToolRunner tools) : IPatchSource
{
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromHours(3);

    public string Name => PatchSources.Apple;

    public async Task<PatchInventory> Scan(Guid commandId, CancellationToken cancelled)
    {
        var offers = await Offers(commandId, cancelled);
        var history = SoftwareUpdateOutput.History(
            await tools.Ask(new ToolCommand("system_profiler", ["SPInstallHistoryDataType", "-json"], AskTime), commandId, cancelled));
        return new PatchInventory(
            [
                .. offers.DistinctBy(offer => offer.ExternalId).Select(offer => new ReportedPatch(
                    offer.ExternalId,
                    VersionedInventory.Cut(offer.Title, PatchReportLimits.Title),
                    offer.Version,
                    // Apple rates none; it only says what it recommends to everybody.
                    offer.IsRecommended ? "important" : "moderate",
                    Category: "updates",
                    RequiresReboot: offer.NeedsReboot,
                    SizeBytes: offer.SizeBytes)),
            ],
            [.. history.Select(update => new ReportedPatch(update.ExternalId, VersionedInventory.Cut(update.Title, PatchReportLimits.Title), update.Version))]);
    }

    public async Task<IReadOnlyList<PatchResult>> Install(IReadOnlyList<PatchReference> patches, PatchRun run)
    {
        var results = new List<PatchResult>();
        foreach (var patch in patches)
        {
            results.Add(run.Cancelled.IsCancellationRequested
                ? new(patch.Id, PatchResultStatus.Skipped, PatchRun.CancelledError)
                : await InstallOne(patch, run));
        }

        return results;
    }

    public Task<IReadOnlyList<PatchResult>> RollBack(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        Task.FromResult<IReadOnlyList<PatchResult>>(
            [.. patches.Select(patch => new PatchResult(patch.Id, PatchResultStatus.Failed, "macOS cannot remove an update of Apple's."))]);

    private async Task<PatchResult> InstallOne(PatchReference patch, PatchRun run)
    {
        try
        {
            // The label changes with the build and is asked for afresh.
            var offer = (await Offers(run.CommandId, CancellationToken.None)).FirstOrDefault(offer => offer.ExternalId == patch.ExternalId);
            if (offer is null)
            {
                return new(patch.Id, PatchResultStatus.Skipped, "Apple does not offer it to this device.");
            }

            run.Progress(CommandPhase.Downloading);
            var outcome = await tools.Run(
                new ToolCommand("softwareupdate", ["--install", offer.Label, "--agree-to-license"], ChangeTime) { IsTransaction = true }, run.CommandId, CancellationToken.None);
            run.Log(outcome.Log);
            // It ends with 0 also when it did nothing; what it says last tells.
            var isDone = outcome.Succeeded
                && !outcome.Log.Contains("No such update", StringComparison.OrdinalIgnoreCase)
                && !outcome.Log.Contains("Error ", StringComparison.Ordinal)
                && !outcome.Log.Contains("Failed to authenticate", StringComparison.OrdinalIgnoreCase);
            return isDone
                ? new(patch.Id, PatchResultStatus.Installed, null, offer.NeedsReboot)
                : new(patch.Id, PatchResultStatus.Failed, $"softwareupdate ended with exit code {outcome.ExitCode}: {ToolRunner.LastLines(outcome.Log)}");
        }
        catch (ToolException e)
        {
            return new(patch.Id, PatchResultStatus.Failed, e.Message);
        }
    }

    private async Task<IReadOnlyList<OfferedUpdate>> Offers(Guid commandId, CancellationToken cancelled)
    {
        var outcome = await tools.Run(new ToolCommand("softwareupdate", ["--list"], AskTime), commandId, cancelled);
        return outcome.Succeeded
            ? SoftwareUpdateOutput.Offers(outcome.Output, outcome.Log)
            : throw new ToolException($"softwareupdate ended with exit code {outcome.ExitCode}: {ToolRunner.LastLines(outcome.Log)}");
    }
}
