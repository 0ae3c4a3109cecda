using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>What a package manager's device reports, made from what is installed, what is offered and what was seen before.</summary>
public static class VersionedInventory
{
    /// <summary>The installed packages, and every version seen before that the installed one has overtaken: it is in place, in a later form.</summary>
    public static IReadOnlyList<ReportedPatch> Installed(
        IReadOnlyList<InstalledPackage> installed, IReadOnlyList<SeenPatch> seen, string manager, Comparison<string> compare)
    {
        var current = installed.ToDictionary(package => package.Item);
        var rows = new Dictionary<string, ReportedPatch>();
        foreach (var package in installed)
        {
            var id = new PackageVersion(package.Name, package.Architecture, package.Version).ExternalId(manager);
            rows[id] = new ReportedPatch(id, TitleOf(package.Name, package.Summary), package.Version);
        }

        foreach (var patch in seen)
        {
            if (current.TryGetValue(patch.Item, out var package) && compare(patch.Version, package.Version) <= 0)
            {
                rows[patch.ExternalId] = patch.AsInstalled();
            }
        }

        return [.. rows.Values];
    }

    public static string TitleOf(string name, string summary) => Cut(summary.Length == 0 ? name : $"{name}: {summary}", PatchReportLimits.Title);

    public static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
