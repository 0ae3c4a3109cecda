namespace Breeze.Core.Patches;

/// <summary>A patch as its device's row has it.</summary>
/// <param name="Version">The version offered or installed; null when the device did not say.</param>
/// <param name="CurrentVersion">What was installed while it was offered; null when unknown.</param>
/// <param name="Statement">A hash of what the device last said about the patch.</param>
public readonly record struct KnownPatch(Guid Patch, DevicePatchState State, string? Version, string? CurrentVersion, long Statement);

/// <summary>A patch as the device reports it now.</summary>
/// <param name="Available">Offered; false: installed.</param>
public readonly record struct SeenPatch(Guid Patch, bool Available, string? Version, string? CurrentVersion, long Statement);

/// <summary>One row to write.</summary>
/// <param name="Before">Null: a new row.</param>
public sealed record PatchChange(
    Guid Patch, DevicePatchState? Before, DevicePatchState After, string? Version, string? CurrentVersion, long Statement);

/// <summary>What a device's report about one source changes in its rows of that source.</summary>
public static class InventoryDiff
{
    /// <summary>The rows that differ; empty when the report says what is known.</summary>
    /// <param name="known">The device's rows of this source.</param>
    /// <param name="seen">What the report lists, each patch once.</param>
    /// <param name="complete">False: what is not listed stays as it is.</param>
    /// <param name="isApproved">Whether the organization has approved a patch; asked only for what is absent.</param>
    public static IReadOnlyList<PatchChange> Of(
        IReadOnlyDictionary<Guid, KnownPatch> known, IReadOnlyCollection<SeenPatch> seen, bool complete, Func<Guid, bool> isApproved)
    {
        var changes = new List<PatchChange>();
        foreach (var patch in seen)
        {
            DevicePatchState? before = known.TryGetValue(patch.Patch, out var row) ? row.State : null;
            var after = patch.Available ? DevicePatchState.OfferedBy(before, complete) : DevicePatchState.FoundInstalled;
            if (before != after || row.Statement != patch.Statement || row.Version != patch.Version || row.CurrentVersion != patch.CurrentVersion)
            {
                changes.Add(new(patch.Patch, before, after, patch.Version, patch.CurrentVersion, patch.Statement));
            }
        }

        foreach (var row in complete ? Absent(known, seen) : [])
        {
            var after = row.State.AbsentFrom(isApproved(row.Patch));
            if (after != row.State)
            {
                changes.Add(new(row.Patch, row.State, after, row.Version, row.CurrentVersion, row.Statement));
            }
        }

        return changes;
    }

    /// <summary>What is known and not in the report.</summary>
    public static IReadOnlyList<KnownPatch> Absent(IReadOnlyDictionary<Guid, KnownPatch> known, IReadOnlyCollection<SeenPatch> seen)
    {
        var listed = seen.Select(s => s.Patch).ToHashSet();
        return [.. known.Values.Where(k => !listed.Contains(k.Patch))];
    }

    /// <summary>Whether a device of this system has the source at all.</summary>
    /// <param name="osType">windows, macos or linux.</param>
    public static bool Suits(PatchSource source, string osType) => source switch
    {
        PatchSource.Microsoft => osType == "windows",
        PatchSource.Apple => osType == "macos",
        PatchSource.Linux => osType == "linux",
        _ => true,
    };
}
