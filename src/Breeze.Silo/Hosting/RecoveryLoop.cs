namespace Breeze.Silo.Hosting;

/// <summary>Looks at the rows when a silo has started, when another has died, and every 20 seconds: whatever is unfinished is woken.</summary>
/// <remarks>
/// A reminder that was due while no silo ran is gone, and its next tick may be a minute away; the contract allows half of that. A look that
/// fails is repeated at the next one.
/// </remarks>
internal abstract partial class RecoveryLoop(IHostApplicationLifetime lifetime, SiloDeaths deaths, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected TimeProvider Clock => clock;

    protected ILogger Log => logger;

    /// <summary>What is looked for, as the log begins a sentence with it.</summary>
    protected abstract string Unfinished { get; }

    protected abstract Task Look(CancellationToken stopping);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, clock);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        while (true)
        {
            // Taken before the look, so that a death during it is not missed.
            var death = deaths.Next;
            try
            {
                await Look(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogLookFailed(error, Unfinished);
            }

            if (await Task.WhenAny(tick, death) == tick)
            {
                await tick;
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Unfinished} could not be woken; trying again")]
    private partial void LogLookFailed(Exception error, string unfinished);
}
