using System.Text.RegularExpressions;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Windows;

/// <summary>Applications that winget knows.</summary>
public sealed partial class WingetSource(ToolRunner tools, PatchMemory memory) : IPatchSource
{
    private const string Prefix = "winget:";

    // UPDATE_NOT_APPLICABLE: there is nothing to upgrade. The table is empty then.
    private const int NothingApplies = unchecked((int)0x8A15002B);
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromHours(1);
    private static readonly string[] Silent = ["--source", "winget", "--accept-source-agreements", "--disable-interactivity"];

    public string Name => PatchSources.ThirdParty;

    public async Task<PatchInventory> Scan(Guid commandId, CancellationToken cancelled)
    {
        var (installed, cut) = await List(commandId, cancelled);
        return new PatchInventory(
            [
                .. installed.Where(package => package.Available is not null).Select(package => new ReportedPatch(
                    ExternalId(package.Id, package.Available!), Title(package.Name), package.Available, "unknown", package.Version, "applications")),
            ],
            [.. installed.Select(package => new ReportedPatch(ExternalId(package.Id, package.Version), Title(package.Name), package.Version, Category: "applications"))],
            cut == 0 ? null : $"winget cut the ids or versions of {cut} applications short.");
    }

    public Task<IReadOnlyList<PatchResult>> Install(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        Change(patches, run, PatchResultStatus.Installed, (id, version, current) =>
        {
            memory.Installing([(ExternalId(id, version), current)]);
            return (version, ["upgrade", "--id", id, "--exact", "--version", version, "--silent", "--accept-package-agreements"]);
        });

    public Task<IReadOnlyList<PatchResult>> RollBack(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        Change(patches, run, PatchResultStatus.RolledBack, (id, version, _) => memory.ReplacedBy(ExternalId(id, version)) is { } before
            ? (before, ["install", "--id", id, "--exact", "--version", before, "--silent", "--force", "--uninstall-previous", "--accept-package-agreements"])
            : throw new ToolException("This agent did not install it here, so it does not know what it replaced."));

    private async Task<IReadOnlyList<PatchResult>> Change(
        IReadOnlyList<PatchReference> patches, PatchRun run, PatchResultStatus reached, Func<string, string, string, (string Goal, IReadOnlyList<string> Arguments)> plan)
    {
        var results = new List<PatchResult>();
        foreach (var patch in patches)
        {
            try
            {
                results.Add(run.Cancelled.IsCancellationRequested
                    ? new(patch.Id, PatchResultStatus.Skipped, PatchRun.CancelledError)
                    : await ChangeOne(patch, run, reached, plan));
            }
            catch (Exception e) when (e is ToolException or IOException)
            {
                results.Add(new(patch.Id, PatchResultStatus.Failed, e.Message));
            }
        }

        return results;
    }

    private async Task<PatchResult> ChangeOne(
        PatchReference patch, PatchRun run, PatchResultStatus reached, Func<string, string, string, (string Goal, IReadOnlyList<string> Arguments)> plan)
    {
        if (PatchName().Match(patch.ExternalId) is not { Success: true } name)
        {
            return new(patch.Id, PatchResultStatus.Failed, $"'{patch.ExternalId}' is no version of a winget package.");
        }

        var (id, version) = (name.Groups["id"].Value, name.Groups["version"].Value);
        if (await CurrentOf(id, run.CommandId) is not { } current)
        {
            return new(patch.Id, PatchResultStatus.Skipped, $"{id} is not installed on this device.");
        }

        if (reached == PatchResultStatus.Installed && current == version)
        {
            return new(patch.Id, reached);
        }

        var (goal, arguments) = plan(id, version, current);
        run.Progress(CommandPhase.Installing);
        var outcome = await tools.Run(new ToolCommand("winget", [.. arguments, .. Silent], ChangeTime) { IsTransaction = true }, run.CommandId, CancellationToken.None);
        run.Log(outcome.Log);
        if (await CurrentOf(id, run.CommandId) != goal)
        {
            return new(patch.Id, PatchResultStatus.Failed, $"winget ended with 0x{outcome.ExitCode:X8}: {ToolRunner.LastLines(outcome.Log)}");
        }

        if (reached == PatchResultStatus.RolledBack)
        {
            memory.RolledBack(patch.ExternalId);
        }

        return new(patch.Id, reached);
    }

    private async Task<string?> CurrentOf(string id, Guid commandId) =>
        (await List(commandId, CancellationToken.None)).Installed.FirstOrDefault(package => package.Id.Equals(id, StringComparison.OrdinalIgnoreCase))?.Version;

    private async Task<(IReadOnlyList<WingetPackage> Installed, int Cut)> List(Guid commandId, CancellationToken cancelled)
    {
        var outcome = await tools.Run(new ToolCommand("winget", ["list", .. Silent], AskTime), commandId, cancelled);
        var (packages, cut) = WingetTable.Read(outcome.Output);
        return outcome.Succeeded || outcome.ExitCode == NothingApplies
            ? (packages, cut)
            : throw new ToolException($"winget ended with 0x{outcome.ExitCode:X8}: {ToolRunner.LastLines(outcome.Log)}");
    }

    private static string ExternalId(string id, string version) => $"{Prefix}{id}={version}";

    private static string Title(string name) => VersionedInventory.Cut(name, PatchReportLimits.Title);

    [GeneratedRegex(@"\Awinget:(?<id>[A-Za-z0-9][A-Za-z0-9.+_-]*)=(?<version>[A-Za-z0-9][A-Za-z0-9.+_-]*)\z")]
    private static partial Regex PatchName();
}
