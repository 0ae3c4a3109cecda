using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Breeze.Agent.Tools;

namespace Breeze.Agent.Patches.Apple;

/// <summary>One update that <c>softwareupdate --list</c> offers.</summary>
/// <param name="Label">The name by which it is installed.</param>
public sealed record OfferedUpdate(string Label, string Title, string Version, long? SizeBytes, bool IsRecommended, bool NeedsReboot)
{
    public string ExternalId => SoftwareUpdateOutput.ExternalId(Title, Version);
}

/// <summary>One entry of macOS' installation history.</summary>
public sealed record InstalledUpdate(string Title, string Version, DateTimeOffset? At)
{
    public string ExternalId => SoftwareUpdateOutput.ExternalId(Title, Version);
}

/// <summary>Reads what <c>softwareupdate</c> and <c>system_profiler</c> print.</summary>
public static partial class SoftwareUpdateOutput
{
    /// <summary>Titles of the system itself hold its marketing name in the offer and not in the history.</summary>
    public static string ExternalId(string title, string version) =>
        $"apple:{(title.StartsWith("macOS ", StringComparison.Ordinal) ? "macOS" : title)}={version}";

    /// <exception cref="ToolException">It is no list of updates.</exception>
    public static IReadOnlyList<OfferedUpdate> Offers(string output, string log)
    {
        if (!log.Contains("Finding available software", StringComparison.Ordinal) && !log.Contains("No new software available", StringComparison.Ordinal))
        {
            throw new ToolException($"softwareupdate did not answer with a list: {ToolRunner.LastLines(log)}");
        }

        return
        [
            .. OfferLines().Matches(output).Select(match => (Label: match.Groups["label"].Value.Trim(), Fields: Fields(match.Groups["fields"].Value)))
                // The label becomes an argument, and must not be an option.
                .Where(offer => offer.Fields.ContainsKey("Title") && !offer.Label.StartsWith('-'))
                .Select(offer => new OfferedUpdate(
                    offer.Label,
                    offer.Fields["Title"],
                    offer.Fields.GetValueOrDefault("Version", ""),
                    Size(offer.Fields.GetValueOrDefault("Size", "")),
                    offer.Fields.GetValueOrDefault("Recommended") == "YES",
                    offer.Fields.GetValueOrDefault("Action") is "restart" or "shut down")),
        ];
    }

    /// <summary>Apple's own entries of <c>system_profiler SPInstallHistoryDataType -json</c>, the latest of several alike.</summary>
    /// <exception cref="ToolException">It is no such history.</exception>
    public static IReadOnlyList<InstalledUpdate> History(string output)
    {
        try
        {
            return
            [
                .. (JsonSerializer.Deserialize(output, HistoryJson.Default.HistoryFile)?.Entries ?? throw new ToolException("system_profiler answered without a history."))
                    .Where(entry => entry is { Name.Length: > 0, Version.Length: > 0, Source: "package_source_apple" })
                    .Select(entry => new InstalledUpdate(
                        entry.Name!,
                        entry.Version!,
                        DateTimeOffset.TryParse(entry.Date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null))
                    .GroupBy(update => update.ExternalId)
                    .Select(same => same.MaxBy(update => update.At)!),
            ];
        }
        catch (JsonException e)
        {
            throw new ToolException($"What system_profiler answered cannot be read: {e.Message}");
        }
    }

    private static Dictionary<string, string> Fields(string line) =>
        FieldText().Matches(line).DistinctBy(match => match.Groups["name"].Value).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value.Trim());

    private static long? Size(string text) =>
        SizeText().Match(text) is { Success: true } size && long.TryParse(size.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number * 1024
            : null;

    [GeneratedRegex(@"^\s*\* Label: (?<label>.+)\r?\n(?<fields>.+)$", RegexOptions.Multiline)]
    private static partial Regex OfferLines();

    // A title may hold commas: what ends a field is the next field's name.
    [GeneratedRegex(@"(?<name>Title|Version|Size|Recommended|Action|Deferred): (?<value>.*?)(?=,\s*(Title|Version|Size|Recommended|Action|Deferred): |,?\s*$)")]
    private static partial Regex FieldText();

    [GeneratedRegex(@"^(?<number>\d+)K(iB)?$")]
    private static partial Regex SizeText();
}

internal sealed record HistoryFile([property: JsonPropertyName("SPInstallHistoryDataType")] IReadOnlyList<HistoryEntry>? Entries);

internal sealed record HistoryEntry(
    [property: JsonPropertyName("_name")] string? Name,
    [property: JsonPropertyName("install_version")] string? Version,
    [property: JsonPropertyName("install_date")] string? Date,
    [property: JsonPropertyName("package_source")] string? Source);

[JsonSerializable(typeof(HistoryFile))]
internal sealed partial class HistoryJson : JsonSerializerContext;
