using Breeze.Agent.Patches;
using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet.Devices;

/// <summary>What a device really did with a patch, whatever it reported.</summary>
public sealed record PatchDeed(Guid CommandId, string ExternalId, PatchResultStatus Status);

/// <summary>The patches of one simulated device: made from its seed, changed by what it is told to do.</summary>
/// <remarks>One command at a time changes it; a reader from outside sees a moment. Kept in memory only: a fleet started again has its first patches.</remarks>
public sealed class DevicePatches
{
    private readonly Lock _lock = new();
    private readonly PatchBehaviour _behaviour;
    private readonly int _seed;
    private readonly int _device;
    private readonly IReadOnlyList<string> _sources;
    private readonly Dictionary<SimulatedPatch, bool> _changed = [];
    private readonly List<PatchDeed> _deeds = [];
    private int _scans;

    internal DevicePatches(FleetBehaviour behaviour, int device)
    {
        _behaviour = behaviour.Patches;
        _seed = behaviour.Seed;
        _device = device;
        _sources = FleetFacts.SourcesOf(_seed, device);
    }

    /// <summary>The sources that this device has.</summary>
    public IReadOnlyList<string> Sources => _sources;

    /// <summary>The external ids of what is installed now.</summary>
    public IReadOnlyList<string> Installed => [.. All().Where(IsInstalled).Select(patch => patch.ExternalId)];

    /// <summary>The external ids of what is offered now.</summary>
    public IReadOnlyList<string> Offered => [.. All().Where(patch => !IsInstalled(patch)).Select(patch => patch.ExternalId)];

    /// <summary>Everything that was installed or taken off here, in its order.</summary>
    public IReadOnlyList<PatchDeed> Deeds
    {
        get
        {
            lock (_lock)
            {
                return [.. _deeds];
            }
        }
    }

    /// <summary>What a scan of a source finds.</summary>
    internal PatchInventory Scan(string source)
    {
        var patches = All().Where(patch => patch.Source == source).ToList();
        var isIncomplete = _behaviour.IsIncomplete(_seed, _device, Interlocked.Increment(ref _scans));
        return new PatchInventory(
            [.. Seen().Where(patch => !IsInstalled(patch)).Select(patch => patch.Report(_behaviour, _seed, isOffered: true))],
            [.. Seen().Where(IsInstalled).Select(patch => patch.Report(_behaviour, _seed, isOffered: false))],
            isIncomplete ? "This simulated device could not look at everything." : null);

        IEnumerable<SimulatedPatch> Seen() => isIncomplete ? patches.Where((_, n) => n % 2 == 0) : patches;
    }

    /// <summary>Does to each patch what the behaviour says.</summary>
    internal List<PatchResult> Change(IReadOnlyList<PatchReference> references, PatchResultStatus done, SimulatedCommand command, bool fails)
    {
        var known = All().ToDictionary(patch => patch.ExternalId);
        return [.. references.Select(reference => known.GetValueOrDefault(reference.ExternalId) is { } patch && patch.Source == reference.Source
            ? Change(reference.Id, patch, done, command, fails)
            : new PatchResult(reference.Id, PatchResultStatus.Skipped, "This simulated device does not know that patch."))];
    }

    private PatchResult Change(Guid id, SimulatedPatch patch, PatchResultStatus done, SimulatedCommand command, bool fails)
    {
        var install = done == PatchResultStatus.Installed;
        if (IsInstalled(patch) == install)
        {
            return new PatchResult(id, done);
        }

        var status = fails ? PatchResultStatus.Failed : _behaviour.Decide(_seed, _device, patch, command.Attempt, done);
        if (status != done)
        {
            return new PatchResult(id, status, status == PatchResultStatus.Failed ? $"Error 0x80070643 at {patch.ExternalId}" : "A dependency is missing.");
        }

        lock (_lock)
        {
            _changed[patch] = install;
            _deeds.Add(new PatchDeed(command.Id, patch.ExternalId, done));
        }

        return new PatchResult(id, done, null, _behaviour.WantsReboot(_seed, patch.Number));
    }

    // Windows has two sources: every fourth of its patches is an application's.
    private IEnumerable<SimulatedPatch> All() => _behaviour.NumbersOf(_seed, _device)
        .Select((number, n) => new SimulatedPatch(_sources[n % 4 == 3 ? _sources.Count - 1 : 0], number));

    private bool IsInstalled(SimulatedPatch patch)
    {
        lock (_lock)
        {
            return _changed.TryGetValue(patch, out var installed) ? installed : !_behaviour.IsOfferedAtFirst(_seed, _device, patch.Number);
        }
    }
}
