using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>What a package manager's device reports, made from what is installed, what is offered and what was seen before.</summary>
public static class VersionedInventory
{
    /// <summary>The installed packages, and every version seen before that the installed one has overtaken: it is in place, in a later form.</summary>
    /// <remarks>One that is half-way (its maintainer script failed) is not in place; what came before it was.</remarks>
    public static IReadOnlyList<ReportedPatch> Installed(
        IReadOnlyList<InstalledPackage> installed, IReadOnlyList<SeenPatch> seen, string manager, Comparison<string> compare)
    {
        var current = installed.ToDictionary(package => package.Item);
        var rows = new Dictionary<string, ReportedPatch>();
        foreach (var package in installed.Where(package => package.IsWhole))
        {
            rows[package.ExternalId(manager)] = new ReportedPatch(package.ExternalId(manager), TitleOf(package.Name, package.Summary), package.Version);
        }

        foreach (var patch in seen)
        {
            if (current.TryGetValue(patch.Item, out var package) && compare(patch.Version, package.Version) <= (package.IsWhole ? 0 : -1))
            {
                rows[patch.ExternalId] = patch.AsInstalled();
            }
        }

        return [.. rows.Values];
    }

    /// <summary>The packages that are half-way: their version is still to be installed, whatever the repositories offer.</summary>
    public static IReadOnlyList<ReportedPatch> HalfWay(IReadOnlyList<InstalledPackage> installed, IReadOnlyList<SeenPatch> seen, string manager)
    {
        var known = seen.ToDictionary(patch => patch.ExternalId);
        return
        [
            .. installed.Where(package => !package.IsWhole).Select(package => known.TryGetValue(package.ExternalId(manager), out var patch)
                ? patch.AsInstalled()
                : new ReportedPatch(package.ExternalId(manager), TitleOf(package.Name, package.Summary), package.Version)),
        ];
    }

    public static string TitleOf(string name, string summary) => Cut(summary.Length == 0 ? name : $"{name}: {summary}", PatchReportLimits.Title);

    public static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
