using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Behaviour;

/// <summary>What patches a fleet's devices have, and what becomes of them; a function of seed, device, patch and try.</summary>
/// <remarks>Shares are from 0 to 1. Fail and skip are taken from one draw; what is left installs.</remarks>
public sealed record PatchBehaviour
{
    /// <summary>Patches a device has, offered and installed together; 0 to 20,000.</summary>
    public int PerDevice { get; init; } = 20;

    /// <summary>Patches that there are for each source. The more of them, the fewer two devices share; below <see cref="PerDevice"/> it counts as that.</summary>
    public int Catalogue { get; init; } = 200;

    /// <summary>Share of a device's patches that it is offered at first; the others are installed.</summary>
    public double OfferedShare { get; init; } = 0.25;

    /// <summary>Share of tries at a patch that fail.</summary>
    public double FailShare { get; init; }

    /// <summary>Share of tries at a patch that are skipped by the device.</summary>
    public double SkipShare { get; init; }

    /// <summary>Share of patches that want a restart.</summary>
    public double RebootShare { get; init; } = 0.1;

    /// <summary>Share of scans in which a source cannot be looked at completely: half of what is there is reported, marked as incomplete.</summary>
    public double IncompleteShare { get; init; }

    /// <summary>Patches (by external id) whose every try ends as written here.</summary>
    public IReadOnlyDictionary<string, PatchResultStatus> Scripted { get; init; } = new Dictionary<string, PatchResultStatus>();

    /// <summary>The numbers of a device's patches: one from each of equal stretches of the catalogue.</summary>
    public IEnumerable<int> NumbersOf(int seed, int device)
    {
        var stretch = Math.Max(1, Catalogue / Math.Max(1, PerDevice));
        return Enumerable.Range(0, PerDevice).Select(n => (n * stretch) + (int)(Chance.Of(seed, device, n, Question.PatchChoice) * stretch));
    }

    public bool IsOfferedAtFirst(int seed, int device, int number) => Chance.Of(seed, device, number, Question.PatchOffered) < OfferedShare;

    public bool WantsReboot(int seed, int number) => Chance.Of(seed, 0, number, Question.PatchReboot) < RebootShare;

    public bool IsIncomplete(int seed, int device, int scan) => Chance.Of(seed, device, scan, Question.ScanIncomplete) < IncompleteShare;

    /// <summary>How the nth try (from 1) at a patch ends.</summary>
    /// <param name="done">What a try that works leads to: installed or rolled back.</param>
    public PatchResultStatus Decide(int seed, int device, SimulatedPatch patch, int attempt, PatchResultStatus done)
    {
        if (Scripted.TryGetValue(patch.ExternalId, out var written))
        {
            return written is PatchResultStatus.Failed or PatchResultStatus.Skipped ? written : done;
        }

        var draw = Chance.Of(seed, device, (patch.Number * 31) + attempt, Question.PatchOutcome);
        return draw < FailShare ? PatchResultStatus.Failed
            : draw < FailShare + SkipShare ? PatchResultStatus.Skipped
            : done;
    }
}
