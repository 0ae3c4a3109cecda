using System.Data.Common;
using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>What each device of a dispatch really gets, in the transaction that makes its command sent: payloads of its own, or nothing.</summary>
public sealed class DispatchedWork(PatchInstalls patches)
{
    /// <summary>The changes as they are to be committed; those with nothing to send have become skips.</summary>
    public Task<IReadOnlyList<PlannedChange>> Fill(DbTransaction tx, RunContext context, IReadOnlyList<PlannedChange> changes, DateTimeOffset now) => context switch
    {
        _ when changes.All(c => c.Command is null) => Task.FromResult(changes),
        { IsOfPatches: true } => patches.Fill(tx, context, changes, now),
        { OsType: { } osType } => Fitting(tx, osType, changes, now),
        _ => Task.FromResult(changes),
    };

    /// <summary>Software of another operating system is not for a device.</summary>
    private static async Task<IReadOnlyList<PlannedChange>> Fitting(
        DbTransaction tx, string osType, IReadOnlyList<PlannedChange> changes, DateTimeOffset now)
    {
        var fitting = (await tx.QueryRows<DeviceId>(
            "select d.id from ({rows}) v cross join devices d where d.id = v.device and d.os_type = @osType",
            new Rows().Uuid("device", [.. changes.Select(c => c.Device.Value)]),
            new { osType })).ToHashSet();
        return [.. changes.Select(c => c.Command is null || fitting.Contains(c.Device)
            ? c
            : c with { Command = null, After = DeviceAttempt.Skip(c.Before, SkipReason.NotApplicable, now) })];
    }
}
