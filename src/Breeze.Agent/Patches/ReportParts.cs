using System.Text.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>Cuts a report into parts that fit into a frame.</summary>
public static class ReportParts
{
    // Left for the invocation around it.
    private const int Room = AgentMethods.MaxFrameBytes - (16 * 1024);

    /// <summary>One whole report where it fits; else parts with the same new scan id, the last one marked.</summary>
    /// <exception cref="Tools.ToolException">It has more rows than a server takes.</exception>
    public static IReadOnlyList<ReportPatches> Of(string source, PatchInventory inventory)
    {
        var rows = inventory.Available.Count + inventory.Installed.Count;
        if (rows > PatchReportLimits.Rows)
        {
            throw new Tools.ToolException($"{source} has {rows} patches, which is more than the {PatchReportLimits.Rows} of a report.");
        }

        var parts = new List<(List<ReportedPatch> Available, List<ReportedPatch> Installed)>();
        var size = int.MaxValue;
        foreach (var (patch, isInstalled) in inventory.Available.Select(patch => (patch, false)).Concat(inventory.Installed.Select(patch => (patch, true))))
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(patch, AgentJson.Default.ReportedPatch).Length + 1;
            if (size > Room - bytes)
            {
                parts.Add(([], []));
                size = 0;
            }

            size += bytes;
            (isInstalled ? parts[^1].Installed : parts[^1].Available).Add(patch);
        }

        var scan = Guid.CreateVersion7();
        return parts.Count <= 1
            ? [new ReportPatches(source, inventory.IsComplete, inventory.Available, inventory.Installed)]
            : [.. parts.Select((part, n) => new ReportPatches(source, inventory.IsComplete, part.Available, part.Installed, scan, n + 1, n == parts.Count - 1))];
    }
}
