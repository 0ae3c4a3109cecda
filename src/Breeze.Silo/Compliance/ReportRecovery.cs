using Breeze.Silo.Hosting;

namespace Breeze.Silo.Compliance;

/// <summary>Wakes unfinished reports.</summary>
internal sealed class ReportRecovery(
    ReportStore store, IGrainFactory grains, IHostApplicationLifetime lifetime, SiloDeaths deaths, TimeProvider clock, ILogger<ReportRecovery> logger)
    : RecoveryLoop(lifetime, deaths, clock, logger)
{
    protected override string Unfinished => "Unfinished compliance reports";

    protected override async Task Look(CancellationToken stopping)
    {
        foreach (var report in await store.Open())
        {
            await grains.GetGrain<IComplianceReportGrain>(report).Start();
        }
    }
}
