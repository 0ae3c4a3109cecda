using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;

namespace Breeze.Silo.Deployments;

/// <summary>Shows an attempt patch by patch: what was sent, what the device said of each, and what was left out.</summary>
internal static class AttemptPatches
{
    /// <param name="payload">The command's, if it is one of patches; null otherwise.</param>
    /// <param name="isOver">The attempt has ended: a patch the device says nothing of has failed.</param>
    /// <returns>Null where no patches were meant.</returns>
    public static IReadOnlyList<AttemptPatch>? Show(string? payload, string? leftOut, string? data, bool isOver)
    {
        if (payload is null)
        {
            return null;
        }

        var said = PatchReports.Read(data).GroupBy(r => r.Id).ToDictionary(g => g.Key, g => g.Last());
        var sent = JsonSerializer.Deserialize<PatchesPayload>(payload, BreezeJson.Lenient)!.Patches;
        var left = leftOut is null ? [] : JsonSerializer.Deserialize<List<LeftOutPatch>>(leftOut, BreezeJson.Lenient)!;
        return
        [
            .. sent.Select(p => said.TryGetValue(p.Id, out var result)
                ? new AttemptPatch(p.Id, p.Title, EnumName.Of(result.Status), result.Error, result.RebootRequired)
                : new AttemptPatch(p.Id, p.Title, isOver ? "failed" : "pending", isOver ? "The device said nothing of it." : null, false)),
            .. left.Select(p => new AttemptPatch(p.Id, null, p.Reason, null, false)),
        ];
    }
}
