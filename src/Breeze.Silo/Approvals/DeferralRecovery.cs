namespace Breeze.Silo.Approvals;

/// <summary>Looks for ended deferrals when a silo starts: a reminder that was due while none ran is gone, and so is one not yet made.</summary>
internal sealed partial class DeferralRecovery(IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<DeferralRecovery> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await grains.GetGrain<IDeferralSweepGrain>(0).Wake();
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Failed(log, error);
            }

            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Ended deferrals could not be looked for; trying again")]
    private static partial void Failed(ILogger logger, Exception error);
}
