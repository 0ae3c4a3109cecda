namespace Breeze.Silo.Compliance;

/// <summary>
/// Wakes unfinished reports when a silo starts, and now and then after: a reminder that was due while no silo ran is gone. Forgets old ones.
/// </summary>
internal sealed partial class ReportRecovery(
    ReportStore store, IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ReportRecovery> logger) : BackgroundService
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
                foreach (var report in await store.Open())
                {
                    await grains.GetGrain<IComplianceReportGrain>(report).Start();
                }

                await store.Sweep();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogLookFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unfinished compliance reports could not be woken; trying again")]
    private partial void LogLookFailed(Exception error);
}
