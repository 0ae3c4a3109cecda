using Breeze.Core;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Deployments;

/// <summary>Wakes unfinished deployments, each by itself: one that cannot be woken does not keep the others from it.</summary>
internal sealed partial class DeploymentRecovery(
    DeploymentStore store, IGrainFactory grains, IHostApplicationLifetime lifetime, SiloDeaths deaths, TimeProvider clock, ILogger<DeploymentRecovery> log)
    : RecoveryLoop(lifetime, deaths, clock, log)
{
    protected override string Unfinished => "Unfinished deployments";

    protected override async Task Look(CancellationToken stopping)
    {
        foreach (var deployment in await store.Unfinished())
        {
            await Wake(deployment);
        }
    }

    private async Task Wake(DeploymentId deployment)
    {
        try
        {
            await grains.GetGrain<IDeploymentGrain>(deployment.Value).Wake();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            WakeFailed(Log, deployment, error);
        }
    }

    [LoggerMessage(2, LogLevel.Warning, "Deployment {Deployment} could not be woken; trying again")]
    private static partial void WakeFailed(ILogger logger, DeploymentId deployment, Exception error);
}
