using System.Globalization;
using System.Text.RegularExpressions;

namespace Breeze.Agent.Patches.Dnf;

/// <summary>One upgrade that a repository has.</summary>
public sealed record DnfUpgrade(PackageVersion Version, string Repository, long? SizeBytes, string Summary);

/// <summary>What an advisory says of a package.</summary>
public sealed record DnfAdvisory(string Severity, string Category);

/// <summary>Reads what rpm and dnf print under <c>LC_ALL=C</c>, of the fourth and the fifth dnf.</summary>
public static partial class DnfOutput
{
    public const string InstalledFormat = "%{NAME}|%{ARCH}|%{EVR}|%{SUMMARY}\\n";

    // dnf 4 ends each line by itself, dnf 5 only where it is told: empty lines are passed over.
    public const string UpgradeFormat = "%{name}|%{arch}|%{evr}|%{repoid}|%{downloadsize}|%{summary}\\n";

    public static IReadOnlyList<InstalledPackage> Installed(string output) =>
    [
        .. Rows(output, 4)
            // Imported keys are kept as packages of no architecture.
            .Where(fields => fields[1] != "(none)")
            .Select(fields => new InstalledPackage(fields[0], fields[1], Version(fields[2]), fields[3]))
            // Several kernels are installed side by side: what counts as installed is the latest.
            .GroupBy(package => package.Item)
            .Select(versions => versions.Aggregate((latest, next) => RpmVersion.Compare(next.Version, latest.Version) > 0 ? next : latest)),
    ];

    public static IReadOnlyList<DnfUpgrade> Upgrades(string output) =>
    [
        .. Rows(output, 6)
            .Select(fields => new DnfUpgrade(
                new PackageVersion(fields[0], fields[1], Version(fields[2])),
                fields[3],
                long.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null,
                fields[5]))
            .GroupBy(upgrade => upgrade.Version.Item)
            .Select(versions => versions.Aggregate((latest, next) => RpmVersion.Compare(next.Version.Version, latest.Version.Version) > 0 ? next : latest)),
    ];

    /// <summary>The advisories of <c>dnf updateinfo list --updates</c>, by <c>name-[epoch:]version-release.arch</c>; the most severe of several.</summary>
    public static IReadOnlyDictionary<string, DnfAdvisory> Advisories(string output)
    {
        var advisories = new Dictionary<string, DnfAdvisory>();
        foreach (var words in output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            // dnf 4: id, kind ("Important/Sec.", "bugfix"), package. dnf 5: id, kind, severity, package, date.
            var (package, advisory) = words switch
            {
                [_, var kind, var name] => (name, Dnf4(kind)),
                [_, var kind and ("security" or "bugfix" or "enhancement" or "newpackage"), var severity, var name, ..] => (name, new DnfAdvisory(Severity(severity, kind), kind)),
                _ => (null, null),
            };
            if (package is not null && advisory is not null && (!advisories.TryGetValue(package, out var known) || Rank(advisory) < Rank(known)))
            {
                advisories[package] = advisory;
            }
        }

        return advisories;
    }

    /// <summary>The installed packages that a transaction would bring to another version or take away, from dnf's own table of it.</summary>
    public static IReadOnlyList<PackageVersion> Changed(string table)
    {
        var changed = new List<PackageVersion>();
        var added = new HashSet<string>();
        var section = "";
        string? name = null;
        foreach (var line in table.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            if (SectionLine().Match(line) is { Success: true } start)
            {
                (section, name) = (start.Groups["title"].Value, null);
                continue;
            }

            // A name that is too long for its column stands on a line of its own.
            string[] words = [.. name is null ? [] : new[] { name }, .. line.StartsWith(' ') ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries) : []];
            name = words.Length == 1 ? words[0] : null;
            if (words is not [not "replacing", var architecture, var version, _, ..])
            {
                continue;
            }

            if (section.StartsWith("Installing", StringComparison.Ordinal))
            {
                added.Add(words[0]);
            }
            else if (section.Split(' ')[0] is "Upgrading" or "Downgrading" or "Reinstalling" || (section.StartsWith("Removing", StringComparison.Ordinal) && !added.Contains(words[0])))
            {
                // An old kernel goes when a new one comes: those stand side by side, and that is no change of another package.
                changed.Add(new PackageVersion(words[0], architecture, Version(version)));
            }
        }

        return changed;
    }

    private static IEnumerable<string[]> Rows(string output, int fields) =>
        output.Split('\n').Select(line => line.TrimEnd('\r').Split('|', fields)).Where(row => row.Length == fields);

    // "0:" is written by some and left out by others.
    private static string Version(string evr) => evr.StartsWith("0:", StringComparison.Ordinal) ? evr[2..] : evr;

    private static DnfAdvisory? Dnf4(string kind) =>
        kind.EndsWith("/Sec.", StringComparison.Ordinal) ? new(Severity(kind[..^5], "security"), "security")
        : kind is "bugfix" or "enhancement" or "newpackage" ? new(Severity("None", kind), kind)
        : null;

    // A security advisory without a rating is rated like one of an archive that rates none.
    private static string Severity(string rating, string kind) => rating.ToLowerInvariant() switch
    {
        "critical" => "critical",
        "important" => "important",
        "moderate" => "moderate",
        "low" => "low",
        _ => kind switch { "security" => "important", "bugfix" => "moderate", _ => "low" },
    };

    private static int Rank(DnfAdvisory advisory) => advisory.Severity switch { "critical" => 0, "important" => 1, "moderate" => 2, _ => 3 };

    [GeneratedRegex(@"^(?<title>[A-Z][A-Za-z ]*):\s*$")]
    private static partial Regex SectionLine();
}
