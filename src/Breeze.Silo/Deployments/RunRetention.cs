using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>Deletes deployments, patch jobs and rollbacks that ended long ago: first the row that everybody asks for, then its records in steps.</summary>
/// <remarks>
/// From the first commit on the run is unknown to everybody. Its gate goes with it, so that a retry by hand that was under way is fenced;
/// what is left is found again by its row in <c>deployment_remains</c>, whatever dies.
/// </remarks>
internal sealed class RunRetention(
    IDatabase database, IGrainFactory grains, SiloSettings settings, TimeProvider clock, ILogger<RunRetention> logger)
    : RetentionLoop(database, settings.Retention.RunDays, clock, logger)
{
    private const int RunsAtOnce = 10;
    private readonly TimeProvider _clock = clock;

    protected override string What => "deployments";

    protected override async Task<int> Delete(DbTransaction tx, DateTimeOffset before) =>
        await DeleteRemains(tx) is > 0 and var rows ? rows : await Forget(tx, before);

    private async Task<int> Forget(DbTransaction tx, DateTimeOffset before)
    {
        var args = new { before, completed = Stage.Completed, failed = Stage.Failed, cancelled = Stage.Cancelled };
        const string Over =
            "d.completed_at is not null and d.completed_at < @before and d.stage in (@completed, @failed, @cancelled) and d.swept = 1"
            + " and not exists (select 1 from deployment_counts c where c.deployment_id = d.id and (c.pending > 0 or c.running > 0))";
        var found = (await tx.Connection!.QueryAsync<DeploymentId>(
            $"select d.id from deployments d where {Over} order by d.completed_at limit {RunsAtOnce}", args, tx)).AsList();
        if (found.Count == 0)
        {
            return 0;
        }

        // Gates before deployments, as everyone locks them; and looked at again after, for a retry by hand may have come in between.
        var ids = new Rows().Uuid("id", [.. found.Select(f => f.Value)]);
        var gates = await tx.QueryRows<Guid>(
            """
            with v as ({rows})
            select d.gate_id from deployments d join v on v.id = d.id where d.gate_id is not null
            union select r.gate_id from deployment_runs r join v on v.id = r.deployment_id
            """,
            ids);
        await CommandGates.HoldAll(tx, gates);
        var over = await tx.QueryRows<OverRow>(
            $$"""
            with v as ({rows})
            select d.id, d.org_id, d.gate_id from deployments d join v on v.id = d.id where {{Over}}{{SkipHeld(tx, "d")}}
            """,
            ids,
            args);
        var gone = new Rows().Uuid("id", [.. over.Select(o => o.Id.Value)]);
        var now = _clock.GetUtcNow();
        await tx.ExecuteRows(
            "insert into deployment_remains (deployment_id, forgotten_at) select v.id, @now from ({rows}) v where true on conflict do nothing", gone, new { now });
        var runsGates = await tx.QueryRows<Guid>("select r.gate_id from deployment_runs r join ({rows}) v on v.id = r.deployment_id", gone);
        await CommandGates.Forget(tx, [.. over.Select(o => o.GateId).OfType<Guid>(), .. runsGates]);
        await tx.ExecuteRows("delete from deployments where id in ({rows})", gone);
        await Audit.WriteAll(tx, [.. over.GroupBy(o => o.OrgId).Select(org => new AuditEntry(
            AuditChain.Org(org.Key), now, AuditActor.System("retention"), "deployment.forget", "deployment", null,
            Details: new { deployments = org.Select(o => o.Id.Value), before }))]);
        return over.Count;
    }

    private async Task<int> DeleteRemains(DbTransaction tx)
    {
        var id = await tx.Connection!.ExecuteScalarAsync<Guid?>(
            $"select r.deployment_id from deployment_remains r order by r.forgotten_at limit 1{SkipHeld(tx, "r")}", transaction: tx);
        if (id is null)
        {
            return 0;
        }

        var records = (await tx.Connection!.QueryAsync<RemainingRecord>(
            $"select d.run, d.ordinal, d.device_id from deployment_devices d where d.deployment_id = @id order by d.run, d.ordinal limit {StepRows}",
            new { id },
            tx)).AsList();
        if (records.Count == 0)
        {
            return await tx.Connection!.ExecuteAsync(
                """
                delete from deployment_counts where deployment_id = @id;
                delete from deployment_batches where deployment_id = @id;
                delete from deployment_runs where deployment_id = @id;
                delete from deployment_remains where deployment_id = @id;
                """,
                new { id },
                tx);
        }

        await CommandLedger.Forget(tx, [.. records.Select(r => (r.DeviceId, Origin(new(id.Value), r)))]);
        var last = records[^1];
        return await tx.Connection!.ExecuteAsync(
            "delete from deployment_devices where deployment_id = @id and (run < @Run or (run = @Run and ordinal <= @Ordinal))",
            new { id, last.Run, last.Ordinal },
            tx);
    }

    private string Origin(DeploymentId deployment, RemainingRecord record) => grains.GetGrain<IDeviceDeploymentGrain>(
        deployment.Value, new RecordKey(deployment, record.Run, record.Ordinal).Extension).GetGrainId().ToString();

    private sealed class OverRow
    {
        public DeploymentId Id { get; init; }

        public OrgId OrgId { get; init; }

        public Guid? GateId { get; init; }
    }

    private sealed class RemainingRecord
    {
        public int Run { get; init; }

        public int Ordinal { get; init; }

        public DeviceId DeviceId { get; init; }
    }
}
