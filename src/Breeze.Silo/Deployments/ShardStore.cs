using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>What a sweep of one shard did.</summary>
public sealed record SweptShard(IReadOnlyList<RecordChanged> Changes, IReadOnlyList<WithdrawnCommand> Withdrawn);

/// <summary>Reads a shard's records, a query for all of them, and sweeps them when their run is closed.</summary>
public sealed class ShardStore(IDatabase database)
{
    public Task<IReadOnlyList<RecordRow>> ReadOpen(RunContext context, int shard) => database.Read(async connection =>
        (IReadOnlyList<RecordRow>)(await connection.QueryAsync<RecordRow>(
            $"""
            select {RecordRow.Columns}, c.state as command_state
            from deployment_counts s
            join deployment_devices d on d.deployment_id = s.deployment_id and d.run = s.run
              and d.ordinal >= s.first_ordinal and d.ordinal < s.first_ordinal + @ShardSize and d.status in (1, 2)
            left join device_commands c on c.id = d.command_id
            where s.deployment_id = @Deployment and s.run = @Run and s.shard = @shard
              and d.ordinal / @BatchSize = s.first_ordinal / @BatchSize
            """,
            new { context.Deployment, context.Run, shard, context.Batches.ShardSize, context.Batches.BatchSize })).AsList());

    public Task<IReadOnlyList<RecordRow>> Read(RunContext context, IReadOnlyList<int> ordinals) => database.Read(connection =>
        connection.QueryRows<RecordRow>(
            $$"""
            with v as ({rows})
            select {{RecordRow.Columns}}, c.state as command_state
            from v join deployment_devices d on d.deployment_id = v.in_deployment and d.run = v.in_run and d.ordinal = v.at_ordinal
            left join device_commands c on c.id = d.command_id
            """,
            Places(context, ordinals)));

    /// <summary>
    /// Skips what had no accepted command when the run was closed, withdraws those commands, and counts it, in one transaction. A repeat
    /// finds nothing left to do.
    /// </summary>
    public async Task<SweptShard> Sweep(RunContext context, int shard, SkipReason reason, DateTimeOffset now)
    {
        var open = await ReadOpen(context, shard);
        return open.Count == 0 ? new SweptShard([], []) : await database.Write(async tx =>
        {
            var held = await RecordRow.Hold(tx, Places(context, [.. open.Select(r => r.Ordinal)]));
            var skipped = held.Where(r => r.Status == DeviceRecordStatus.Pending
                || (r.Status == DeviceRecordStatus.Running && r.CommandState is CommandState.Queued or CommandState.Sent or CommandState.Withdrawn)).ToList();
            var changes = skipped.ConvertAll(r => (Row: r, State: DeviceAttempt.Skip(r.ToState(), reason, now)));
            await RecordWrites.Update(tx, changes.ConvertAll(c => (c.Row.Key, c.State, c.Row.Version)), checkVersion: false);
            var withdrawn = await CommandLedger.Withdraw(
                tx, [.. skipped.Where(r => r.Status == DeviceRecordStatus.Running).Select(r => r.CommandId!.Value)], now);
            await RecordWrites.Count(tx, new Dictionary<CountKey, Totals>
            {
                [CountKey.Of(open[0].Key, context.Batches)] = changes.Aggregate(default(Totals), (sum, c) => sum + (c.State.Counted - c.Row.ToState().Counted)),
            }, now);
            return new SweptShard(changes.ConvertAll(c => new RecordChanged(c.Row.Key, c.Row.DeviceId, c.State, c.Row.Version + 1)), withdrawn);
        });
    }

    // The whole key comes with the rows: with a constant in it, SQLite would rather walk the run than look each row up.
    private static Rows Places(RunContext context, IReadOnlyList<int> ordinals) => new Rows()
        .Uuid("in_deployment", [.. ordinals.Select(_ => context.Deployment.Value)])
        .Int("in_run", [.. ordinals.Select(_ => context.Run)])
        .Int("at_ordinal", [.. ordinals]);
}
