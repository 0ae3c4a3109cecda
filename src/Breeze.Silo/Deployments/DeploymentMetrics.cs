using System.Diagnostics.Metrics;
using Breeze.Contracts;
using Breeze.Core.Deployments;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>Deployments by state and the records of unfinished ones by status, on the meter <c>Breeze</c>.</summary>
/// <remarks>
/// Sampled from the rows every quarter of a minute, so that a scrape never queries; each silo tells of the whole installation: take the
/// maximum over silos, not the sum. Draft and ended deployments' records are not counted: what is not moving needs no gauge.
/// </remarks>
internal sealed partial class DeploymentMetrics : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly IDatabase _database;
    private readonly TimeProvider _clock;
    private readonly ILogger<DeploymentMetrics> _log;
    private readonly Meter _meter = new("Breeze");
    private volatile IReadOnlyList<Measurement<long>> _deployments = [];
    private volatile IReadOnlyList<Measurement<long>> _records = [];

    public DeploymentMetrics(IDatabase database, TimeProvider clock, ILogger<DeploymentMetrics> log)
    {
        (_database, _clock, _log) = (database, clock, log);
        _meter.CreateObservableGauge("breeze.deployments", () => _deployments, "{deployment}", "Deployments by state.");
        _meter.CreateObservableGauge("breeze.deployments.records", () => _records, "{record}", "Device records of unfinished deployments by status.");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            try
            {
                await Sample(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogNotSampled(error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Deployments proper: the jobs and rollbacks that the same engine runs are not among them.</summary>
    internal static Task<IReadOnlyList<StageCount>> ByStage(SqlSource source) =>
        source.Query<StageCount>("select stage, count(*) as deployments from deployments where kind = 0 group by stage");

    private async Task Sample(CancellationToken cancel)
    {
        var (stages, counts) = await _database.Read(
            async connection =>
            {
                SqlSource source = connection;
                var byStage = await ByStage(source);
                var records = await source.First<RecordCounts>(
                    """
                    select coalesce(sum(c.pending - c.retrying), 0) as pending, coalesce(sum(c.retrying), 0) as retrying,
                      coalesce(sum(c.running), 0) as running, coalesce(sum(c.completed), 0) as completed,
                      coalesce(sum(c.failed), 0) as failed, coalesce(sum(c.skipped), 0) as skipped
                    from deployments d join deployment_counts c on c.deployment_id = d.id and c.run = d.run
                    where d.stage in (@pending, @active, @paused, @rollback)
                    """,
                    new { pending = Stage.Pending, active = Stage.Active, paused = Stage.Paused, rollback = Stage.Rollback });
                return (byStage, records!);
            },
            cancel);
        _deployments = [.. Enum.GetValues<Stage>().Select(stage => Of(
            stages.FirstOrDefault(s => s.Stage == stage)?.Deployments ?? 0, "state", EnumName.Of(stage)))];
        _records =
        [
            Of(counts.Pending, "status", "pending"), Of(counts.Retrying, "status", "retrying"), Of(counts.Running, "status", "running"),
            Of(counts.Completed, "status", "completed"), Of(counts.Failed, "status", "failed"), Of(counts.Skipped, "status", "skipped"),
        ];
    }

    private static Measurement<long> Of(long value, string tag, string name) => new(value, new KeyValuePair<string, object?>(tag, name));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The deployments' figures were not sampled: {Why}")]
    private partial void LogNotSampled(string why);

    internal sealed class StageCount
    {
        public Stage Stage { get; init; }

        public long Deployments { get; init; }
    }

    private sealed class RecordCounts
    {
        public long Pending { get; init; }

        public long Retrying { get; init; }

        public long Running { get; init; }

        public long Completed { get; init; }

        public long Failed { get; init; }

        public long Skipped { get; init; }
    }
}
