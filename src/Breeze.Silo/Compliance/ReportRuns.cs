using System.Data;
using System.Data.Common;
using Breeze.Contracts.Patches;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;
using Microsoft.Data.Sqlite;

namespace Breeze.Silo.Compliance;

/// <summary>Makes reports, a few at a time on each silo, from one snapshot each: summary and lines agree whatever happens meanwhile.</summary>
/// <remarks>A run begins anew where another died: a snapshot cannot be taken up again.</remarks>
internal sealed partial class ReportRuns(IDatabase database, ReportStore store, TimeProvider clock, ILogger<ReportRuns> logger) : IDisposable
{
    private const int AtOnce = 2;
    private const int MostRuns = 5;
    private const int WorstDevices = 25;

    private readonly SemaphoreSlim _places = new(AtOnce);

    /// <summary>Makes the report; returns once it is finished, or is another run's, or must be tried again later.</summary>
    /// <remarks>On a thread of the pool, for the embedded database reads without letting go of its thread.</remarks>
    public Task Make(Guid id) => Task.Run(async () =>
    {
        await _places.WaitAsync();
        try
        {
            if (await store.Claim(id) is { } report)
            {
                await Make(report);
            }
        }
        catch (StorageUnavailableException e)
        {
            LogLater(id, e.Message);
        }
        finally
        {
            _places.Release();
        }
    });

    public void Dispose() => _places.Dispose();

    private async Task Make(ReportRow report)
    {
        try
        {
            LogStarted(report.Id, report.Run);
            var asOf = clock.GetUtcNow();
            var (rows, summary) = await database.Read(async connection =>
            {
                await using var snapshot = Snapshot(connection);
                using var file = new ReportFile(store, report.Id, report.Run);
                var made = report.Kind == ReportFormat.Csv
                    ? await Csv(snapshot, report, file, asOf)
                    : await Pdf(snapshot, report, file, asOf);
                await file.Finish();
                return made;
            });
            await store.Complete(report.Id, report.Run, asOf, rows, summary);
            LogCompleted(report.Id, rows);
        }
        catch (ReportTakenOverException)
        {
            LogTakenOver(report.Id, report.Run);
        }
        catch (Exception e) when (e is not StorageUnavailableException)
        {
            LogFailed(e, report.Id, report.Run);
            if (report.Run >= MostRuns)
            {
                await store.Fail(report.Id, report.Run, "The report could not be made. Ask for it again; the log says more under its id.");
            }
        }
    }

    private static async Task<(long Rows, ReportSummary Summary)> Csv(DbTransaction snapshot, ReportRow report, ReportFile file, DateTimeOffset asOf)
    {
        var tally = new Tally();
        using (var csv = new CsvReport(file.Body))
        {
            await foreach (var page in ReportRows.Read(snapshot, report.Question, asOf))
            {
                foreach (var line in page)
                {
                    csv.Write(line);
                    tally.Add(line);
                }

                csv.Flush();
                await file.Push();
            }
        }

        return (tally.Rows, tally.Summary);
    }

    private static async Task<(long Rows, ReportSummary Summary)> Pdf(DbTransaction snapshot, ReportRow report, ReportFile file, DateTimeOffset asOf)
    {
        var figures = await ComplianceQueries.Summary(snapshot, report.Question, asOf, WorstDevices);
        var facts = await ReportFacts.Read(snapshot, report);
        PdfReport.Write(file.Body, figures, facts);
        return (figures.Total, new(figures.CompliancePercent, figures.Counts, facts.Devices));
    }

    // Everything is read as it was at one instant. SQLite's is a read transaction: an immediate one would stop the writer.
    private static DbTransaction Snapshot(DbConnection connection) => connection is SqliteConnection sqlite
        ? sqlite.BeginTransaction(deferred: true)
        : connection.BeginTransaction(IsolationLevel.RepeatableRead);

    private sealed class Tally
    {
        private readonly long[] _counts = new long[(int)DevicePatchStatus.Missing + 1];
        private Guid _device;
        private long _devices;

        public long Rows => _counts.Sum();

        public ReportSummary Summary
        {
            get
            {
                var counts = new PatchCounts(Of(DevicePatchStatus.Pending), Of(DevicePatchStatus.Installed), Of(DevicePatchStatus.Failed), Of(DevicePatchStatus.Skipped), Of(DevicePatchStatus.Missing));
                return new(ComplianceScore.Percent(counts.Installed, Rows), counts, _devices);
            }
        }

        public void Add(ReportLine line)
        {
            _counts[line.Status]++;
            if (line.DeviceId != _device)
            {
                (_device, _devices) = (line.DeviceId, _devices + 1);
            }
        }

        private long Of(DevicePatchStatus status) => _counts[(int)status];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Compliance report {Report}: run {Run} begins")]
    private partial void LogStarted(Guid report, int run);

    [LoggerMessage(Level = LogLevel.Information, Message = "Compliance report {Report} is complete: {Rows} rows")]
    private partial void LogCompleted(Guid report, long rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "Compliance report {Report}: another run took over from run {Run}")]
    private partial void LogTakenOver(Guid report, int run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Compliance report {Report} waits for the database: {Reason}")]
    private partial void LogLater(Guid report, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Compliance report {Report}: run {Run} failed")]
    private partial void LogFailed(Exception exception, Guid report, int run);
}
