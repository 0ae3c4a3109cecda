using System.Data.Common;
using System.Diagnostics.Metrics;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Breeze.Silo.Hosting;

/// <summary>Deletes what is over and old, a feature's own rows in each: every hour, in small steps with a pause between them.</summary>
/// <remarks>
/// Every silo runs it. A step is one transaction that takes rows nobody else holds, so that two silos share the work instead of waiting for
/// each other, and so that whatever dies leaves nothing half done. The first step of a turn writes the audit line for all of it.
/// </remarks>
internal abstract partial class RetentionLoop(IDatabase database, int days, TimeProvider clock, ILogger logger) : BackgroundService
{
    /// <summary>About how many rows a step deletes: some milliseconds, in which a dispatch may have to wait on SQLite.</summary>
    internal const int StepRows = 250;

    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly Counter<long> Deleted = new Meter("Breeze").CreateCounter<long>(
        "breeze.retention.deleted", "{row}", "Rows deleted because of their age.");

    /// <summary>What is deleted, as the audit log and the metric name it.</summary>
    protected abstract string What { get; }

    /// <summary>Deletes some of what was over before an instant.</summary>
    /// <returns>How many rows; 0 when nothing is left.</returns>
    protected abstract Task<int> Delete(DbTransaction tx, DateTimeOffset before);

    /// <summary>What was over before this is old: whole days, so that each day has one turn that finds something. Null: nothing ever is.</summary>
    internal DateTimeOffset? Before => days == 0 ? null : new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date.AddDays(-days), TimeSpan.Zero);

    /// <summary>One step.</summary>
    /// <param name="isFirst">The audit line is yet to be written.</param>
    internal async Task<int> Step(bool isFirst, CancellationToken stopping = default)
    {
        if (Before is not { } before)
        {
            return 0;
        }

        var rows = await database.Write(
            async tx =>
            {
                var gone = await Delete(tx, before);
                if (gone > 0 && isFirst)
                {
                    await Audit.Write(tx, new(
                        AuditChain.Installation, clock.GetUtcNow(), AuditActor.System("retention"), "retention.delete", "retention", What, Details: new { before }));
                }

                return gone;
            },
            stopping);
        Deleted.Add(rows, new KeyValuePair<string, object?>("what", What));
        return rows;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Turn(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogSkipped(error, What);
            }
        }
    }

    /// <summary>The end of a select for deletion: rows that another silo, or whoever works on them, holds are left for later.</summary>
    protected static string SkipHeld(DbTransaction tx, string? of = null) =>
        tx.Connection is SqliteConnection ? "" : $" for update{(of is null ? "" : $" of {of}")} skip locked";

    private async Task Turn(CancellationToken stopping)
    {
        var all = 0L;
        for (int rows; (rows = await Step(all == 0, stopping)) > 0;)
        {
            all += rows;
            await Task.Delay(Pause, clock, stopping);
        }

        if (all > 0)
        {
            LogDeleted(all, What, Before);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Rows} rows of {What} that were over before {Before}")]
    private partial void LogDeleted(long rows, string what, DateTimeOffset? before);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old rows of {What} were not deleted; trying again in an hour")]
    private partial void LogSkipped(Exception error, string what);
}
