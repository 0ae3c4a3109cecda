using System.Text.Json.Serialization;
using Breeze.Agent.Hosting;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>A patch that was offered or installed here once.</summary>
/// <param name="Item">What it is a version of (<c>openssl:amd64</c>).</param>
public sealed record SeenPatch(
    string Item, string ExternalId, string Version, string Title, string? Severity = null, string? Category = null, bool? RequiresReboot = null)
{
    /// <summary>As it is reported while it is installed.</summary>
    public ReportedPatch AsInstalled() => new(ExternalId, Title, Version, Severity, Category: Category, RequiresReboot: RequiresReboot);
}

/// <summary>What this device knows of its patches from before: durable, one file.</summary>
/// <remarks>
/// Two questions need it. A version that was replaced by a later one is in no package manager's list any more, and is nevertheless in place;
/// and what a patch has replaced is known only before it is installed.
/// </remarks>
public sealed class PatchMemory
{
    // A device that is patched weekly keeps a quarter's versions of each package; the older ones nobody asks about.
    private const int VersionsOfAnItem = 12;

    private readonly string _path;
    private readonly PatchMemoryFile _file;

    public PatchMemory(string path)
    {
        _path = path;
        _file = PrivateFile.Read(path, PatchMemoryJson.Default.PatchMemoryFile) ?? new PatchMemoryFile([], []);
    }

    /// <summary>What was seen of a source, the latest last.</summary>
    public IReadOnlyList<SeenPatch> Seen(string source) => _file.Seen.GetValueOrDefault(source) ?? [];

    /// <summary>Adds what a scan saw. What is known already keeps what the new sight of it does not say.</summary>
    /// <param name="source">Whose.</param>
    /// <param name="sight">What was seen now.</param>
    /// <param name="items">The items that are still on the device; of others nothing is kept.</param>
    public void See(string source, IEnumerable<SeenPatch> sight, IReadOnlySet<string> items)
    {
        var known = Seen(source).ToDictionary(patch => patch.ExternalId);
        foreach (var patch in sight)
        {
            known[patch.ExternalId] = known.GetValueOrDefault(patch.ExternalId) is { } before
                ? patch with
                {
                    Severity = patch.Severity ?? before.Severity,
                    Category = patch.Category ?? before.Category,
                    RequiresReboot = patch.RequiresReboot ?? before.RequiresReboot,
                }
                : patch;
        }

        List<SeenPatch> kept = [.. known.Values
            .Where(patch => items.Contains(patch.Item))
            .GroupBy(patch => patch.Item)
            .SelectMany(versions => versions.TakeLast(VersionsOfAnItem))];
        if (!kept.SequenceEqual(Seen(source)))
        {
            _file.Seen[source] = kept;
            Save();
        }
    }

    /// <summary>The version that a patch replaced here; null when this agent did not install it.</summary>
    public string? ReplacedBy(string externalId) => _file.Replaced.GetValueOrDefault(externalId);

    /// <summary>Keeps what these patches are about to replace; on the disk when it returns.</summary>
    public void Installing(IEnumerable<(string ExternalId, string Current)> patches)
    {
        foreach (var (externalId, current) in patches)
        {
            _file.Replaced[externalId] = current;
        }

        Save();
    }

    public void RolledBack(string externalId)
    {
        if (_file.Replaced.Remove(externalId))
        {
            Save();
        }
    }

    private void Save() => PrivateFile.Write(_path, _file, PatchMemoryJson.Default.PatchMemoryFile);
}

internal sealed record PatchMemoryFile(Dictionary<string, List<SeenPatch>> Seen, Dictionary<string, string> Replaced);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PatchMemoryFile))]
internal sealed partial class PatchMemoryJson : JsonSerializerContext;
