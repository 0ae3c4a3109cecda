namespace Breeze.Silo.Hosting;

/// <summary>Looks at the rows when a silo has started, and every 20 seconds after: whatever is unfinished is woken.</summary>
/// <remarks>
/// A reminder that was due while no silo ran is gone, and its next tick may be a minute away; the contract allows half of that. A look that
/// fails is repeated at the next one.
/// </remarks>
internal abstract partial class RecoveryLoop(IHostApplicationLifetime lifetime, TimeProvider clock, ILogger logger) : BackgroundService
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
        do
        {
            try
            {
                await Look(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogLookFailed(error, Unfinished);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Unfinished} could not be woken; trying again")]
    private partial void LogLookFailed(Exception error, string unfinished);
}
