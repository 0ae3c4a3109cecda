using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Agents;
using Breeze.Silo.Patches;
using Breeze.Silo.Policies;

namespace Breeze.Silo.Deployments;

/// <summary>Takes what devices say of their patches at the end of an attempt, in the transaction that ends it.</summary>
public sealed class PatchReports(EffectivePolicies policies)
{
    private const int MostResults = 1_000;
    private const int LongestError = 2_000;

    /// <summary>The results in a command's data; none where it has none, or what is there is not of this shape. One without a status says nothing.</summary>
    public static IReadOnlyList<PatchResult> Read(string? data)
    {
        if (data is null)
        {
            return [];
        }

        try
        {
            return [.. (JsonSerializer.Deserialize<PatchResults>(data, BreezeJson.Lenient)?.Results ?? []).Where(r => r is not null && Enum.IsDefined(r.Status)).Take(MostResults)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Changes the devices' patches, and queues the reboots that their settings want.</summary>
    /// <returns>The devices that have a reboot waiting: to be woken after the commit.</returns>
    public async Task<IReadOnlyList<DeviceId>> Take(DbTransaction tx, IReadOnlyList<(RunContext Context, CommandEnd End)> ends, DateTimeOffset now)
    {
        var reports = ends.Where(e => e.Context.IsOfPatches).Select(e => (e.Context, e.End, Results: Read(e.End.Data))).Where(e => e.Results.Count > 0).ToList();
        if (reports.Count == 0)
        {
            return [];
        }

        await DevicePatchStatuses.Apply(
            tx,
            [.. reports.SelectMany(e => e.Results.Select(r => new PatchOutcome(
                e.Context.Org, e.End.DeviceId, r.Id, (Core.Patches.PatchResultStatus)r.Status, Bounded(r.Error), r.RebootRequired)))],
            now);
        return await QueueReboots(tx, [.. reports.Where(e => e.Results.Any(HasChanged))], now);
    }

    private async Task<IReadOnlyList<DeviceId>> QueueReboots(
        DbTransaction tx, List<(RunContext Context, CommandEnd End, IReadOnlyList<PatchResult> Results)> changed, DateTimeOffset now)
    {
        var reboots = new List<NewCommand>();
        foreach (var group in changed.GroupBy(e => e.Context))
        {
            // A job has settings of its own; a deployment or a rollback leaves the device as the device's own policy wants it.
            var own = group.Key.Job is null ? await policies.Of(tx, group.Key.Org, [.. group.Select(e => e.End.DeviceId)]) : null;
            foreach (var (context, end, results) in group)
            {
                var settings = own?.GetValueOrDefault(end.DeviceId)?.Settings;
                var policy = context.Job?.Reboot ?? settings?.RebootPolicy ?? RebootPolicy.Never;
                if (policy == RebootPolicy.Always || (policy == RebootPolicy.IfRequired && results.Any(r => r.RebootRequired)))
                {
                    var delay = context.Job?.RebootDelayMinutes ?? settings?.RebootDelayMinutes ?? PatchSettings.DefaultRebootDelayMinutes;
                    var payload = new RebootPayload(delay, "Updates were installed that need a restart.");
                    reboots.Add(new NewCommand(
                        CommandId.New(), end.DeviceId, context.Org, CommandTypes.Reboot, JsonSerializer.Serialize(payload, BreezeJson.Options), 1, null, false, null));
                }
            }
        }

        await CommandLedger.InsertQueued(tx, reboots, now);
        return reboots.ConvertAll(r => r.DeviceId);
    }

    private static bool HasChanged(PatchResult result) => result.Status is PatchResultStatus.Installed or PatchResultStatus.RolledBack;

    private static string? Bounded(string? error) => error is null ? null : AgentText.Short(error, LongestError);
}
