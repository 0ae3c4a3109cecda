using Breeze.Core;

namespace Breeze.Silo.Deployments;

/// <summary>
/// Looks at the rows when a silo starts, and now and then after: whatever is unfinished is woken. A reminder that was due while no silo
/// ran is gone, and its next tick may be a minute away; the contract allows half of that.
/// </summary>
internal sealed partial class DeploymentRecovery(
    DeploymentStore store, IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<DeploymentRecovery> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                foreach (var deployment in await store.Unfinished())
                {
                    await Wake(deployment);
                }
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LookFailed(log, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Wake(DeploymentId deployment)
    {
        try
        {
            await grains.GetGrain<IDeploymentGrain>(deployment.Value).Wake();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            WakeFailed(log, deployment, error);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Unfinished deployments could not be read; trying again")]
    private static partial void LookFailed(ILogger logger, Exception error);

    [LoggerMessage(2, LogLevel.Warning, "Deployment {Deployment} could not be woken; trying again")]
    private static partial void WakeFailed(ILogger logger, DeploymentId deployment, Exception error);
}
