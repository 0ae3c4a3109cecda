using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>
/// Looks at the rows when a silo starts, and now and then after: a schedule that is due, or soon, is woken. A reminder that was due while no
/// silo ran is gone, and so is a nudge whose silo died. Organizations that a change left to be looked at are looked at.
/// </summary>
internal sealed partial class ScheduleRecovery(
    IDatabase database, PolicyReviews reviews, IGrainFactory grains, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ScheduleRecovery> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

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
                foreach (var policy in await database.Read(c => PolicyOccurrences.DueBy(c, clock.GetUtcNow() + Soon), stoppingToken))
                {
                    await grains.GetGrain<IPolicyScheduleGrain>(policy).Wake();
                }

                await reviews.Run(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LookFailed(log, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(1, LogLevel.Warning, "Due schedules could not be woken; trying again")]
    private static partial void LookFailed(ILogger logger, Exception error);
}
