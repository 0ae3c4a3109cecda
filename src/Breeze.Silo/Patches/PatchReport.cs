using System.Security.Cryptography;
using System.Text;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Patches;

/// <summary>A whole report of one source, checked and without repetitions.</summary>
/// <param name="ScanId">Null when the device gave none.</param>
/// <param name="Patches">In the order of their external ids; what is both offered and installed counts as offered.</param>
/// <param name="Digest">Equal for two reports that say the same.</param>
public sealed record PatchReport(
    DeviceId Device, PatchSource Source, bool Complete, Guid? ScanId, IReadOnlyList<PatchStatement> Patches, string Digest);

/// <summary>What a device says about one patch.</summary>
/// <param name="Statement">A hash of all but <paramref name="CurrentVersion"/>, which is the device's alone.</param>
public sealed record PatchStatement(
    string ExternalId, bool Available, string Title, string? Description, PatchSeverity Severity, string? Category, string? Version,
    string? CurrentVersion, DateTimeOffset? ReleaseDate, bool? RequiresReboot, long? SizeBytes, long Statement);

/// <summary>Checks reports, which come from devices and may say anything.</summary>
internal static class PatchReportReader
{
    // What apt, winget and Windows Update call their things; anything that a terminal or a spreadsheet would act on is no name.
    private static readonly System.Buffers.SearchValues<char> Banned = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(c => (char)c), '\u007F', '\u2028', '\u2029']);

    /// <summary>The source that is named; null for one that there is not.</summary>
    public static PatchSource? Source(string? name) => EnumName.TryParse<PatchSource>(name, out var source) ? source : null;

    /// <summary>Why one message, a part or a whole report, is not taken; null when it may be.</summary>
    public static string? Refuse(ReportPatches message)
    {
        if (Source(message.Source) is null)
        {
            return $"source must be one of {EnumName.Allowed<PatchSource>()}.";
        }

        if (message.Part is not null && (message.ScanId is null || message.Part is < 1 or > PatchReportLimits.Parts))
        {
            return $"A part needs a scanId and a number from 1 to {PatchReportLimits.Parts}.";
        }

        if (message.Available is null || message.Installed is null)
        {
            return "available and installed must be lists.";
        }

        return message.Available.Count + message.Installed.Count > PatchReportLimits.Rows
            ? TooMany
            : message.Available.Concat(message.Installed).Select(Refuse).FirstOrDefault(reason => reason is not null);
    }

    /// <summary>Puts the parts of one scan together; each has been checked.</summary>
    public static Answer<PatchReport> Whole(DeviceId device, IReadOnlyList<ReportPatches> parts)
    {
        var source = Source(parts[0].Source)!.Value;
        if (parts.Any(p => p.Complete != parts[0].Complete))
        {
            return Refusal.Invalid("All parts of a scan must agree on complete.");
        }

        if (parts.Sum(p => p.Available.Count + p.Installed.Count) > PatchReportLimits.Rows)
        {
            return Refusal.Invalid(TooMany);
        }

        var patches = new SortedDictionary<string, PatchStatement>(StringComparer.Ordinal);
        foreach (var patch in parts.SelectMany(p => p.Installed))
        {
            patches[patch.ExternalId] = Read(patch, available: false);
        }

        foreach (var patch in parts.SelectMany(p => p.Available))
        {
            patches[patch.ExternalId] = Read(patch, available: true);
        }

        return new PatchReport(device, source, parts[0].Complete, parts[0].ScanId, [.. patches.Values], Digest(patches.Values));
    }

    private static string TooMany => $"A report has at most {PatchReportLimits.Rows} patches.";

    private static string? Refuse(ReportedPatch? patch) => patch switch
    {
        null => "A patch must be an object.",
        { ExternalId: null or { Length: 0 or > PatchReportLimits.ExternalId } } =>
            $"externalId must be 1 to {PatchReportLimits.ExternalId} characters.",
        _ when patch.ExternalId.AsSpan().ContainsAny(Banned) || string.IsNullOrWhiteSpace(patch.ExternalId) || !IsWellFormed(patch.ExternalId) =>
            "externalId must be plain text.",
        _ when string.IsNullOrWhiteSpace(patch.Title) || patch.Title.Length > PatchReportLimits.Title =>
            $"title must be 1 to {PatchReportLimits.Title} characters.",
        { Version.Length: > PatchReportLimits.Version } or { CurrentVersion.Length: > PatchReportLimits.Version } =>
            $"version and currentVersion must be at most {PatchReportLimits.Version} characters.",
        { Category.Length: > PatchReportLimits.Category } => $"category must be at most {PatchReportLimits.Category} characters.",
        { Description.Length: > PatchReportLimits.Description } => $"description must be at most {PatchReportLimits.Description} characters.",
        { SizeBytes: < 0 } => "sizeBytes must not be negative.",
        { Severity: { } severity } when !EnumName.TryParse<PatchSeverity>(severity, out _) =>
            $"severity must be one of {EnumName.Allowed<PatchSeverity>()}.",
        _ => null,
    };

    private static bool IsWellFormed(string text)
    {
        try
        {
            return Strict.GetByteCount(text) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static PatchStatement Read(ReportedPatch patch, bool available)
    {
        var statement = new PatchStatement(
            patch.ExternalId,
            available,
            Line(patch.Title)!,
            patch.Description is null ? null : AgentText.Short(patch.Description, PatchReportLimits.Description),
            EnumName.TryParse<PatchSeverity>(patch.Severity, out var severity) ? severity : PatchSeverity.Unknown,
            Line(patch.Category),
            Line(patch.Version),
            Line(patch.CurrentVersion),
            patch.ReleaseDate,
            patch.RequiresReboot,
            patch.SizeBytes,
            0);
        return statement with { Statement = Hash(statement) };
    }

    // FNV-1a over what is said, each part ended by a character that none contains: the same on every silo and after every restart, and a
    // fraction of a real digest's cost. A device that finds two statements with one hash deceives itself alone.
    private static long Hash(PatchStatement said)
    {
        const ulong Prime = 1099511628211;
        var hash = 14695981039346656037;
        Add(said.Title);
        Add(said.Description);
        Add(said.Category);
        Add(said.Version);
        Number((long)said.Severity);
        Number(said.ReleaseDate?.ToUnixTimeMilliseconds() ?? -1);
        Number(said.RequiresReboot is { } reboot ? (reboot ? 1 : 0) : -1);
        Number(said.SizeBytes ?? -1);
        return (long)hash;

        void Add(string? text)
        {
            foreach (var c in text ?? "\u0001")
            {
                hash = (hash ^ c) * Prime;
            }

            hash *= Prime;
        }

        void Number(long number)
        {
            for (var shift = 0; shift < 64; shift += 8)
            {
                hash = (hash ^ (byte)(number >> shift)) * Prime;
            }
        }
    }

    // One line of text: what breaks lines or rings bells becomes a space.
    private static string? Line(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var clean = AgentText.Short(text, text.Length);
        return clean.AsSpan().ContainsAny(Banned)
            ? string.Create(clean.Length, clean, static (to, from) =>
            {
                from.CopyTo(to);
                for (var at = to.IndexOfAny(Banned); at >= 0; at = to.IndexOfAny(Banned))
                {
                    to[at] = ' ';
                }
            })
            : clean;
    }

    private static string Digest(IEnumerable<PatchStatement> patches)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var patch in patches)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{patch.ExternalId}\n{patch.Available}\n{patch.CurrentVersion}\n{patch.Statement}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
