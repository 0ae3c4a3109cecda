namespace Breeze.Silo.Patches;

/// <summary>Once an hour: forgets parts of scans that were never finished.</summary>
internal sealed partial class PatchHousekeeping(ReportParts parts, TimeProvider clock, ILogger<PatchHousekeeping> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await parts.Sweep();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogSkipped(e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hour's housekeeping of patches was skipped: {Reason}")]
    private partial void LogSkipped(string reason);
}
