using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Policies;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary><c>scan_patches</c>: each source is looked at and reported by itself, so that one that fails takes nothing from the others.</summary>
public sealed class PatchScans(IReadOnlyList<IPatchSource> sources, DevicePolicy policy, ServerReports reports) : ICommandExecutor
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public IReadOnlyList<string> Types { get; } = [CommandTypes.ScanPatches];

    public string? Refusal(string type, string payload) =>
        RunningCommand.Read(payload, AgentJson.Default.ScanPatchesPayload) is not { } scan ? "The payload is not a patch scan that this agent understands."
        : (scan.Sources ?? []).FirstOrDefault(source => !PatchSources.All.Contains(source)) is { } unknown ? $"There is no patch source '{unknown}'."
        : null;

    public async Task<Result> Run(RunningCommand command)
    {
        var asked = RunningCommand.Read(command.Payload, AgentJson.Default.ScanPatchesPayload)?.Sources;
        var names = asked is { Count: > 0 } ? asked.Distinct().ToList() : policy.Sources ?? [.. sources.Select(source => source.Name)];
        var scans = new List<SourceScan>();
        foreach (var name in names)
        {
            scans.Add(sources.FirstOrDefault(source => source.Name == name) is { } source
                ? await Scan(source, command)
                : new SourceScan(name, Scanned: false, Complete: false, 0, 0));
        }

        var data = JsonSerializer.SerializeToElement(new ScanResults(scans), AgentJson.Default.ScanResults);
        return scans.Find(scan => !scan.Scanned && scan.Error is not null) is { } failed
            ? command.Failed($"{failed.Source}: {failed.Error}", data)
            : command.Completed(data);
    }

    private async Task<SourceScan> Scan(IPatchSource source, RunningCommand command)
    {
        try
        {
            var inventory = await source.Scan(command.Id, command.Cancelled);
            // A device that stays away for longer is scanned again when it is back: by then this one is old.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(command.Cancelled);
            patience.CancelAfter(Patience);
            return await reports.Send(() => ReportParts.Of(source.Name, inventory), patience.Token) is { } refused
                ? Not(source, $"The server does not take the report: {refused}")
                : new SourceScan(source.Name, Scanned: true, inventory.IsComplete, inventory.Available.Count, inventory.Installed.Count, inventory.Warning);
        }
        catch (Exception e) when (e is ToolException or IOException)
        {
            return Not(source, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Not(source, command.Cancelled.IsCancellationRequested ? "The scan was cancelled." : "There was no server to report to.");
        }
    }

    private static SourceScan Not(IPatchSource source, string error) =>
        new(source.Name, Scanned: false, Complete: false, 0, 0, VersionedInventory.Cut(error, 2000));
}
