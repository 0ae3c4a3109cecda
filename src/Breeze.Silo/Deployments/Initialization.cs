using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>What staging found: what the deployment's row is to say.</summary>
public sealed record StagedRun(int Total, InitializeSummary Summary);

/// <summary>Stages a run's records in steps, under a run nobody is shown yet; the deployment's own save makes them appear all at once.</summary>
/// <remarks>
/// Nothing loads the fleet: a page of devices at a time, one statement a page, so memory is flat and SQLite's one writer is shared. Each
/// step holds the deployment's row as its owner has read it: an owner that was replaced cannot stage over what its successor has begun.
/// </remarks>
public sealed class Initialization(IDatabase database, TargetQuery targets, JobTargets jobs, WindowQueries windows, TimeProvider clock)
{
    internal const int PageSize = 5_000;
    private const int MostExcludedShown = 100;

    /// <summary>Stages a patch job's or patch rollback's devices.</summary>
    /// <returns>How many there are.</returns>
    public async Task<int> StageJob(DeploymentRow row, RolloutPlan plan)
    {
        var target = DeploymentJson.Read<JobTarget>(row.TargetConfig);
        await Clear(row, 1);
        var page = await jobs.Pages(row.OrgId, target);
        var (total, _) = await StagePages(row, plan, page);
        if (total > 0)
        {
            await StageCounts(row, 1, BatchPlan.For(total, plan));
        }

        return total;
    }

    public async Task<Answer<StagedRun>> Stage(DeploymentRow row, RolloutPlan plan)
    {
        var spec = DeploymentParsing.Spec(DeploymentJson.Read<TargetConfig>(row.TargetConfig), targets.Fields);
        if (await database.Read(connection => targets.Check(connection, row.OrgId, spec)) is { } gone)
        {
            return gone;
        }

        await Clear(row, 1);
        var target = await database.Read(connection => targets.Resolve(connection, row.OrgId, spec));
        var (total, outside) = await StagePages(row, plan, (connection, after) => target.Page(connection, after, PageSize));
        var (offline, excluded) = await database.Read(async connection =>
            ((await target.Count(connection)).Offline, await target.Excluded(connection)));
        if (total == 0)
        {
            return Refusal.Invalid("The target matches no device of this organization.", "targetConfig");
        }

        await StageCounts(row, 1, BatchPlan.For(total, plan));
        return new StagedRun(total, new InitializeSummary(
            excluded.Count,
            [.. excluded.Take(MostExcludedShown).Select(e => new ExcludedTarget(e.DeviceId.Value, e.Reason))],
            Math.Min(offline, total),
            outside));
    }

    /// <summary>Stages a rollback: the devices that completed, at the same places, so that batches stay the same.</summary>
    /// <returns>How many there are.</returns>
    public async Task<int> StageRollback(DeploymentRow row)
    {
        const int Run = 2;
        await Clear(row, Run);
        var total = 0;
        var after = -1;
        while (true)
        {
            var page = await Step(row, async tx =>
            {
                var source = (await tx.Connection!.QueryAsync<CompletedRow>(
                    """
                    select ordinal, device_id, hostname, display_name from deployment_devices
                    where deployment_id = @Id and run = 1 and status = @completed and ordinal > @after order by ordinal limit @PageSize
                    """,
                    new { row.Id, completed = DeviceRecordStatus.Completed, after, PageSize },
                    tx)).AsList();
                await Insert(tx, row.Id, Run, [.. source.Select(s => (s.Ordinal, s.DeviceId, s.Hostname, s.DisplayName))]);
                await InsertCounts(tx, row.Id, Run, row.Batches, source.ConvertAll(s => s.Ordinal));
                return source;
            });
            if (page.Count == 0)
            {
                return total;
            }

            total += page.Count;
            after = page[^1].Ordinal;
        }
    }

    private async Task<(int Total, int Outside)> StagePages(DeploymentRow row, RolloutPlan plan, TargetPages pages)
    {
        var (total, outside) = (0, 0);
        TargetRow? last = null;
        while (true)
        {
            var page = await database.Read(connection => pages(connection, last));
            if (page.Count > 0)
            {
                var first = total;
                await Step(row, tx => Insert(
                    tx, row.Id, 1, [.. page.Select((device, i) => (first + i, device.DeviceId, device.Hostname, device.DisplayName))]));
                total += page.Count;
                last = page[^1];
                outside += plan.RespectsMaintenanceWindows ? await CountOutside(row.OrgId, page) : 0;
            }

            if (page.Count < PageSize)
            {
                return (total, outside);
            }
        }
    }

    private Task<int> CountOutside(OrgId org, IReadOnlyList<TargetRow> page) => database.Read(async connection =>
    {
        var states = await windows.ForDeployments(new SqlSource(connection), org, [.. page.Select(d => d.DeviceId)], clock.GetUtcNow());
        return states.Values.Count(s => s.State != Fleet.WindowState.Inside);
    });

    private static Task<int> Insert(
        System.Data.Common.DbTransaction tx, DeploymentId id, int run, IReadOnlyList<(int Ordinal, DeviceId Device, string Hostname, string? DisplayName)> devices) =>
        tx.ExecuteRows(
            """
            insert into deployment_devices (deployment_id, run, ordinal, id, device_id, hostname, display_name, status)
            select @id, @run, v.at_ordinal, v.record_id, v.device, v.host, v.display, 1 from ({rows}) v
            """,
            new Rows()
                .Int("at_ordinal", [.. devices.Select(d => d.Ordinal)])
                .Uuid("record_id", [.. devices.Select(_ => Guid.CreateVersion7())])
                .Uuid("device", [.. devices.Select(d => d.Device.Value)])
                .Text("host", [.. devices.Select(d => d.Hostname)])
                .Text("display", [.. devices.Select(d => d.DisplayName)]),
            new { id, run });

    private async Task StageCounts(DeploymentRow row, int run, BatchPlan batches)
    {
        foreach (var chunk in batches.Shards().Chunk(PageSize))
        {
            await Step(row, tx => WriteCounts(tx, row.Id, run, chunk));
        }
    }

    /// <summary>Adds a page of a sparse run to its count rows.</summary>
    private static Task<int> InsertCounts(System.Data.Common.DbTransaction tx, DeploymentId id, int run, BatchPlan batches, List<int> ordinals) =>
        WriteCounts(tx, id, run, [.. ordinals.GroupBy(batches.ShardOf).Select(shard =>
        {
            var any = shard.First();
            var inBatch = any % batches.BatchSize;
            return (shard.Key, batches.BatchOf(any), any - (inBatch % batches.ShardSize), shard.Count());
        })]);

    private static Task<int> WriteCounts(
        System.Data.Common.DbTransaction tx, DeploymentId id, int run, IReadOnlyList<(int Shard, int Batch, int First, int Count)> shards) =>
        tx.ExecuteRows(
            """
            insert into deployment_counts (deployment_id, run, shard, batch, first_ordinal, device_count, pending)
            select @id, @run, v.in_shard, v.in_batch, v.first, v.devices, v.devices from ({rows}) v where true
            on conflict (deployment_id, run, shard) do update
              set device_count = deployment_counts.device_count + excluded.device_count, pending = deployment_counts.pending + excluded.pending
            """,
            new Rows()
                .Int("in_shard", [.. shards.Select(s => s.Shard)])
                .Int("in_batch", [.. shards.Select(s => s.Batch)])
                .Int("first", [.. shards.Select(s => s.First)])
                .Int("devices", [.. shards.Select(s => s.Count)]),
            new { id, run });

    /// <summary>Removes what an earlier staging that did not come to its end has left, in steps.</summary>
    private async Task Clear(DeploymentRow row, int run)
    {
        var id = row.Id;
        var most = await database.Read(connection => connection.ExecuteScalarAsync<int?>(
            "select max(ordinal) from deployment_devices where deployment_id = @id and run = @run", new { id, run }));
        for (var from = 0; from <= (most ?? -1); from += PageSize)
        {
            var first = from;
            await Step(row, tx => tx.Connection!.ExecuteAsync(
                "delete from deployment_devices where deployment_id = @id and run = @run and ordinal >= @first and ordinal < @first + @PageSize",
                new { id, run, first, PageSize },
                tx));
        }

        await Step(row, tx => tx.Connection!.ExecuteAsync(
            "delete from deployment_counts where deployment_id = @id and run = @run", new { id, run }, tx));
    }

    private sealed class CompletedRow
    {
        public int Ordinal { get; init; }

        public DeviceId DeviceId { get; init; }

        public string Hostname { get; init; } = "";

        public string? DisplayName { get; init; }
    }
    private Task<T> Step<T>(DeploymentRow row, Func<System.Data.Common.DbTransaction, Task<T>> work) => database.Write(async tx =>
    {
        await DeploymentStore.Hold(tx, row);
        return await work(tx);
    });
}
