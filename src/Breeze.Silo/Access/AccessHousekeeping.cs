using Breeze.Silo.Hosting;

namespace Breeze.Silo.Access;

/// <summary>Once a minute: notes when keys were last used, and forgets old idempotent answers.</summary>
internal sealed partial class AccessHousekeeping(
    Callers callers, ApiKeyStore keys, IdempotentAnswers answers, TimeProvider clock, ILogger<AccessHousekeeping> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await keys.NoteUse(callers.TakeUses(), stoppingToken);
                await answers.Sweep(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogSkipped(e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The minute's housekeeping was skipped: {Reason}")]
    private partial void LogSkipped(string reason);
}
