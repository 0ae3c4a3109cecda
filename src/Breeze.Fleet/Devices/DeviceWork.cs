using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Patches;
using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet.Devices;

/// <summary>What a simulated device does for a command, once the wait is over: its effect on the device's own state, and the result.</summary>
internal sealed class DeviceWork(FleetBehaviour behaviour, int index, string hostname, ServerReports reports, TimeProvider time)
{
    private readonly HashSet<Guid> _software = [];
    private Guid? _policy;

    public DevicePatches Patches { get; } = new(behaviour, index);

    public IReadOnlyCollection<Guid> Software => _software;

    public Guid? Policy => _policy;

    /// <summary>Shown while it runs.</summary>
    public void Begin(SimulatedCommand command)
    {
        if (command.Type is CommandTypes.InstallPatches or CommandTypes.RollbackPatches or CommandTypes.InstallSoftware or CommandTypes.UninstallSoftware)
        {
            reports.Tell(new Progress(command.Id, command.Attempt, CommandPhase.Installing));
        }
    }

    /// <summary>Ends a command as its outcome says; a silent one has its effect all the same.</summary>
    public async Task<Result> End(SimulatedCommand command, SimulatedOutcome outcome, TimeSpan duration, CancellationToken cancelled)
    {
        var ended = SimulatedResult.Of(outcome, command.Id, command.Attempt, hostname, duration);
        if (outcome.Kind is OutcomeKind.Rejected or OutcomeKind.Interrupted)
        {
            return ended;
        }

        var fails = outcome.Kind == OutcomeKind.Failed;
        return command.Type switch
        {
            CommandTypes.ScanPatches => fails ? ended : await Scan(command, ended, cancelled),
            CommandTypes.InstallPatches => Change(command, ended, PatchResultStatus.Installed, fails),
            CommandTypes.RollbackPatches => Change(command, ended, PatchResultStatus.RolledBack, fails),
            _ when fails => ended,
            CommandTypes.InstallSoftware => Install(command, ended, install: true),
            CommandTypes.UninstallSoftware => Install(command, ended, install: false),
            CommandTypes.ApplyPolicy => Apply(command, ended),
            CommandTypes.Reboot => Read(command, AgentJson.Default.RebootPayload) is { } reboot
                ? With(ended, new AnnouncedReboot(Math.Max(1, reboot.DelayMinutes)), AgentJson.Default.AnnouncedReboot)
                : Unreadable(command),
            _ => ended,
        };
    }

    private async Task<Result> Scan(SimulatedCommand command, Result ended, CancellationToken cancelled)
    {
        if (Read(command, AgentJson.Default.ScanPatchesPayload) is not { } scan)
        {
            return Unreadable(command);
        }

        var scans = new List<SourceScan>();
        foreach (var source in scan.Sources is { Count: > 0 } asked ? asked : Patches.Sources)
        {
            scans.Add(Patches.Sources.Contains(source) ? await Scan(source, cancelled) : new SourceScan(source, false, false, 0, 0));
        }

        var result = With(ended, new ScanResults(scans), AgentJson.Default.ScanResults);
        return scans.Find(source => !source.Scanned && source.Error is not null) is { } failed ? result with { Status = ResultStatus.Failed, Error = failed.Error } : result;
    }

    private async Task<SourceScan> Scan(string source, CancellationToken cancelled)
    {
        var inventory = Patches.Scan(source);
        try
        {
            return await reports.Send(() => ReportParts.Of(source, inventory), cancelled) is { } refused
                ? new SourceScan(source, false, false, 0, 0, $"The server does not take the report: {refused}")
                : new SourceScan(source, true, inventory.IsComplete, inventory.Available.Count, inventory.Installed.Count, inventory.Warning);
        }
        catch (OperationCanceledException)
        {
            return new SourceScan(source, false, false, 0, 0, "The scan was cancelled.");
        }
    }

    private Result Change(SimulatedCommand command, Result ended, PatchResultStatus done, bool fails)
    {
        if (Read(command, AgentJson.Default.PatchesPayload) is not { } payload)
        {
            return Unreadable(command);
        }

        var results = Patches.Change(payload.Patches, done, command, fails);
        var failed = results.Count(result => result.Status == PatchResultStatus.Failed);
        return With(ended, new PatchResults(results), AgentJson.Default.PatchResults) with
        {
            Status = failed == 0 ? ResultStatus.Completed : ResultStatus.Failed,
            Error = failed == 0 ? null : $"{failed} of {results.Count} patches failed.",
        };
    }

    private Result Install(SimulatedCommand command, Result ended, bool install) =>
        Read(command, AgentJson.Default.SoftwarePayload) is { } package
            ? With(ended, new SoftwareResult(install ? _software.Add(package.PackageId) : _software.Remove(package.PackageId), install), AgentJson.Default.SoftwareResult)
            : Unreadable(command);

    private Result Apply(SimulatedCommand command, Result ended)
    {
        if (Read(command, AgentJson.Default.ApplyPolicyPayload) is not { } policy)
        {
            return Unreadable(command);
        }

        var previous = _policy;
        _policy = policy.PolicyId;
        return With(ended, new AppliedPolicy(policy.PolicyId, time.GetUtcNow(), previous), AgentJson.Default.AppliedPolicy);
    }

    // No process of theirs ends, so they have no exit code.
    private static Result With<T>(Result ended, T data, JsonTypeInfo<T> type) =>
        ended with { ExitCode = null, Output = null, Data = JsonSerializer.SerializeToElement(data, type) };

    private static T? Read<T>(SimulatedCommand command, JsonTypeInfo<T> type)
        where T : class => RunningCommand.Read(command.Payload, type);

    private static Result Unreadable(SimulatedCommand command) =>
        new(command.Id, command.Attempt, ResultStatus.Rejected, Error: $"The payload of {command.Type} cannot be read.");
}
