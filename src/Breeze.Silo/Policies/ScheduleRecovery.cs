using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>
/// Wakes schedules that are due, or soon: a nudge whose silo died is gone, like a reminder. Organizations that a change left to be looked at
/// are looked at.
/// </summary>
internal sealed class ScheduleRecovery(
    IDatabase database, PolicyReviews reviews, IGrainFactory grains, IHostApplicationLifetime lifetime, SiloDeaths deaths, TimeProvider clock, ILogger<ScheduleRecovery> log)
    : RecoveryLoop(lifetime, deaths, clock, log)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    protected override string Unfinished => "Due schedules";

    protected override async Task Look(CancellationToken stopping)
    {
        foreach (var policy in await database.Read(c => PolicyOccurrences.DueBy(c, Clock.GetUtcNow() + Soon), stopping))
        {
            await grains.GetGrain<IPolicyScheduleGrain>(policy).Wake();
        }

        await reviews.Run(stopping);
    }
}
