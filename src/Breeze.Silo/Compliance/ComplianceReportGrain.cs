namespace Breeze.Silo.Compliance;

/// <summary>One compliance report (the key is its id): sees to it that it gets finished, whichever silo dies.</summary>
[Alias("breeze.IComplianceReportGrain")]
public interface IComplianceReportGrain : IGrainWithGuidKey
{
    /// <summary>Begins, or goes on; a repeat while it works changes nothing.</summary>
    [Alias("Start")]
    Task Start();
}

/// <inheritdoc cref="IComplianceReportGrain"/>
/// <remarks>
/// The row says whether there is anything left to do. The reminder knocks until there is not; it knocks at another silo when this one is
/// gone. Two activations for a moment are two runs, of which the row lets the later one through.
/// </remarks>
[GrainType("compliance-report")]
internal sealed class ComplianceReportGrain(ReportStore store, ReportRuns runs) : Grain, IComplianceReportGrain, IRemindable
{
    private const string ReminderName = "report";
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Working = TimeSpan.FromHours(6);

    private Task _work = Task.CompletedTask;

    private Guid Id => this.GetPrimaryKey();

    public async Task Start()
    {
        if (!_work.IsCompleted)
        {
            return;
        }

        if (await store.Find(Id) is not { State: ReportStatus.Pending or ReportStatus.Running })
        {
            await DropReminder();
            return;
        }

        await this.RegisterOrUpdateReminder(ReminderName, Tick, Tick);
        DelayDeactivation(Working);
        _work = Work();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Start();

    // Not awaited by whoever asked: a report takes as long as it takes.
    private async Task Work()
    {
        try
        {
            await runs.Make(Id);
            if (await store.Find(Id) is not { State: ReportStatus.Pending or ReportStatus.Running })
            {
                await DropReminder();
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The next tick looks at the row and begins again.
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task DropReminder()
    {
        if (await this.GetReminder(ReminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }
}
