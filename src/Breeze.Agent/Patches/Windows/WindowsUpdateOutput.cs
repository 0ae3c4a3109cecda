using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Windows;

/// <summary>One line that the scripts print; what a line does not say is null.</summary>
internal sealed record WindowsUpdateLine(
    string? Id = null,
    string? Title = null,
    string? Description = null,
    bool? Installed = null,
    string? Severity = null,
    IReadOnlyList<string>? Categories = null,
    long? Size = null,
    int? Reboot = null,
    string? Released = null,
    bool? Done = null);

/// <summary>What became of one update.</summary>
internal sealed record WindowsUpdateOutcome(string? Id = null, string? State = null, string? Error = null, bool? Reboot = null, bool? Done = null);

/// <summary>Reads what <see cref="WindowsUpdateScripts"/> print.</summary>
internal static class WindowsUpdateOutput
{
    /// <exception cref="ToolException">The output is not whole.</exception>
    public static PatchInventory Inventory(string output)
    {
        var lines = Lines(output, WindowsUpdateJson.Default.WindowsUpdateLine, line => line.Done == true);
        var updates = lines.Where(line => line is { Id.Length: > 0, Title.Length: > 0 }).DistinctBy(line => line.Id).ToList();
        return new PatchInventory(
            [.. updates.Where(update => update.Installed != true).Select(Patch)],
            [.. updates.Where(update => update.Installed == true).Select(Patch)]);
    }

    /// <exception cref="ToolException">The output is not whole.</exception>
    public static IReadOnlyDictionary<string, WindowsUpdateOutcome> Outcomes(string output) =>
        Lines(output, WindowsUpdateJson.Default.WindowsUpdateOutcome, line => line.Done == true)
            .Where(line => line is { Id: not null, State: not null })
            .DistinctBy(line => line.Id, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(line => line.Id!, StringComparer.OrdinalIgnoreCase);

    private static List<T> Lines<T>(string output, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Func<T, bool> isEnd)
        where T : class
    {
        var lines = new List<T>();
        foreach (var text in output.Split('\n').Select(line => line.Trim('\r', ' ', '\uFEFF')).Where(line => line.StartsWith('{')))
        {
            try
            {
                lines.Add(JsonSerializer.Deserialize(text, type) ?? throw new ToolException("Windows Update answered with an empty line."));
            }
            catch (JsonException e)
            {
                throw new ToolException($"What Windows Update answered cannot be read: {e.Message}");
            }
        }

        return lines.Count > 0 && isEnd(lines[^1]) ? lines : throw new ToolException($"Windows Update did not answer to the end: {ToolRunner.LastLines(output)}");
    }

    private static ReportedPatch Patch(WindowsUpdateLine update) => new(
        update.Id!.ToLowerInvariant(),
        VersionedInventory.Cut(update.Title!, PatchReportLimits.Title),
        null,
        SeverityOf(update),
        null,
        update.Categories is [var first, ..] ? VersionedInventory.Cut(first, PatchReportLimits.Category) : null,
        update.Description is { Length: > 0 } description ? VersionedInventory.Cut(description, PatchReportLimits.Description) : null,
        // 0 never, 1 always, 2 can request one.
        update.Reboot is null ? null : update.Reboot != 0,
        update.Size is > 0 ? update.Size : null,
        DateTimeOffset.TryParseExact(update.Released, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var released) ? released : null);

    // Only security updates are rated; definition updates are what virus scanners live by.
    private static string SeverityOf(WindowsUpdateLine update) => update.Severity?.ToLowerInvariant() switch
    {
        "critical" or "important" or "moderate" or "low" => update.Severity.ToLowerInvariant(),
        _ when update.Categories?.Any(name => name is "Security Updates" or "Critical Updates") == true => "important",
        _ when update.Categories?.Any(name => name is "Update Rollups" or "Updates" or "Definition Updates") == true => "moderate",
        _ => "unknown",
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WindowsUpdateLine))]
[JsonSerializable(typeof(WindowsUpdateOutcome))]
internal sealed partial class WindowsUpdateJson : JsonSerializerContext;
