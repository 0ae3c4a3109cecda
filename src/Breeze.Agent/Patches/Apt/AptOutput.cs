using System.Globalization;
using System.Text.RegularExpressions;

namespace Breeze.Agent.Patches.Apt;

/// <summary>One line of what apt would do.</summary>
/// <param name="Current">Null for a package that is not installed yet.</param>
/// <param name="Origins">Where the version comes from: <c>Debian-Security:12/stable-security</c> …</param>
public sealed record AptStep(string Name, string Architecture, string? Current, string Version, string Origins);

/// <summary>What the package index says of one version.</summary>
public sealed record AptDetails(long? SizeBytes, string Summary, string Description);

/// <summary>Reads what apt and dpkg print under <c>LC_ALL=C</c>.</summary>
public static partial class AptOutput
{
    public const string InstalledFormat = "${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\t${binary:Summary}\n";

    /// <summary>dpkg's packages that are installed, in whatever state of configuration.</summary>
    public static IReadOnlyList<InstalledPackage> Installed(string output) =>
    [
        .. output.Split('\n')
            .Select(line => line.Split('\t', 5))
            // Second letter: n not installed, c only its configuration is left, i installed; the others are half-way.
            .Where(fields => fields.Length == 5 && fields[0].Length >= 2 && fields[0][1] is not ('n' or 'c'))
            .Select(fields => new InstalledPackage(fields[1], fields[2], fields[3], fields[4], IsWhole: fields[0].TrimEnd() is [_, 'i'])),
    ];

    /// <summary>The steps of <c>apt-get --simulate</c> that put a version in place.</summary>
    public static IReadOnlyList<AptStep> Steps(string output) =>
    [
        .. StepLine().Matches(output).Select(match => new AptStep(
            match.Groups["name"].Value.Split(':')[0],
            match.Groups["arch"].Value,
            match.Groups["current"].Success ? match.Groups["current"].Value : null,
            match.Groups["version"].Value,
            match.Groups["origins"].Value.Trim())),
    ];

    /// <summary>The stanzas of <c>apt-cache show</c>, by name, architecture and version.</summary>
    public static IReadOnlyDictionary<PackageVersion, AptDetails> Details(string output)
    {
        var details = new Dictionary<PackageVersion, AptDetails>();
        foreach (var stanza in output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = Fields(stanza);
            if (fields.TryGetValue("Package", out var name) && fields.TryGetValue("Architecture", out var architecture) && fields.TryGetValue("Version", out var version))
            {
                var text = (fields.GetValueOrDefault("Description-en") ?? fields.GetValueOrDefault("Description") ?? "").Split('\n', 2);
                details.TryAdd(new(name, architecture, version), new(
                    long.TryParse(fields.GetValueOrDefault("Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null,
                    text[0],
                    text.Length == 2 ? Paragraphs(text[1]) : ""));
            }
        }

        return details;
    }

    /// <summary>Security updates come from an archive that says so in its name; others of the distribution are its standard updates.</summary>
    public static (string Severity, string Category) Judge(string origins, string distribution) =>
        origins.Contains("security", StringComparison.OrdinalIgnoreCase) ? ("important", "security")
        : origins.StartsWith(distribution, StringComparison.OrdinalIgnoreCase) ? ("moderate", "updates")
        : ("unknown", "updates");

    /// <summary>What takes effect only after a restart: the kernel, and what every process has loaded or runs under.</summary>
    public static bool NeedsReboot(string package) => RebootPackage().IsMatch(package);

    private static Dictionary<string, string> Fields(string stanza)
    {
        var fields = new Dictionary<string, string>();
        string? last = null;
        foreach (var line in stanza.Split('\n'))
        {
            if (line.StartsWith(' ') && last is not null)
            {
                fields[last] += '\n' + line;
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                last = line[..colon];
                fields[last] = line[(colon + 1)..].Trim();
            }
        }

        return fields;
    }

    // Continued lines begin with a space; one with a single dot is an empty line.
    private static string Paragraphs(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim() is "." ? "" : line.Trim()));

    [GeneratedRegex(@"^Inst (?<name>\S+)( \[(?<current>[^\]]+)\])? \((?<version>\S+) ?(?<origins>[^)\[]*)\[(?<arch>[^\]]+)\]\)", RegexOptions.Multiline)]
    private static partial Regex StepLine();

    [GeneratedRegex(@"^(linux-image-.+|linux-base|libc6|libc-bin|systemd|dbus|firmware-.+|linux-firmware|intel-microcode|amd64-microcode|raspi-firmware)$")]
    private static partial Regex RebootPackage();
}
