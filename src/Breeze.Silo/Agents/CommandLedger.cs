using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>The durable list of commands: queued → sent → accepted → done, or withdrawn. Every step is part of the caller's transaction.</summary>
/// <remarks>Steps are set-wide and guarded by the state, so a repeat changes nothing and says so.</remarks>
public static class CommandLedger
{
    /// <summary>From being committed as sent until the agent refuses it.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    /// <summary>From sending until the resend loop looks whether the device has accepted.</summary>
    public static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(30);

    /// <summary>SQL: a command that is known by its id and not accepted.</summary>
    /// <remarks>
    /// The sum keeps the planner from the partial indexes of commands that wait. By the statistics of a quiet hour those look empty, and in
    /// a rollout it would read all of what waits for every batch: ten times the work.
    /// </remarks>
    internal const string Unaccepted = "device_commands.state + 0 in (1, 2)";

    private const string GateOf =
        "select c.gate_id from device_commands c join v on v.command_id = c.id where c.gate_id is not null and c.state + 0 in (1, 2)";

    private const string NotWithdrawn =
        "not exists (select 1 from command_gates g where g.id = device_commands.gate_id and g.withdrawn = 1)";

    /// <summary>Inserts commands as sent. The caller has held their gates open in this transaction (<see cref="CommandGates.HoldOpen"/>).</summary>
    public static Task InsertSent(DbTransaction tx, IReadOnlyList<NewCommand> commands, DateTimeOffset now) =>
        Insert(tx, commands, CommandState.Sent, now);

    /// <summary>
    /// Inserts commands that wait for their devices. After the commit call <see cref="ICommandDelivery.Wake"/>, for a device may have
    /// connected meanwhile.
    /// </summary>
    public static Task InsertQueued(DbTransaction tx, IReadOnlyList<NewCommand> commands, DateTimeOffset now) =>
        Insert(tx, commands, CommandState.Queued, now);

    /// <summary>Unaccepted → accepted, unless withdrawn by itself or by its gate. Holds the gates until the transaction ends.</summary>
    /// <param name="holdsGates">The caller holds the commands' gates already, in this transaction.</param>
    /// <returns>The ids that became accepted now; one that was accepted before is not among them (<see cref="Running"/>).</returns>
    public static async Task<IReadOnlyList<Guid>> Accept(
        DbTransaction tx, IReadOnlyList<CommandId> ids, DateTimeOffset now, bool holdsGates = false)
    {
        if (!holdsGates)
        {
            await HoldGates(tx, ids);
        }

        return await tx.QueryRows<Guid>(
            $$"""
            with v as ({rows})
            update device_commands set state = 3, accepted_at = @now, sent_at = coalesce(sent_at, @now), resend_at = null
            from v where device_commands.id = v.command_id and {{Unaccepted}} and {{NotWithdrawn}}
            returning id
            """,
            Ids(ids),
            new { now = now.ToUnixTimeMilliseconds() });
    }

    /// <summary>Those of the ids that are accepted and not ended: their devices may run them.</summary>
    public static Task<IReadOnlyList<Guid>> Running(DbTransaction tx, IReadOnlyList<CommandId> ids) => tx.QueryRows<Guid>(
        "with v as ({rows}) select c.id from device_commands c join v on v.command_id = c.id where c.state + 0 = 3", Ids(ids));

    /// <summary>
    /// Any open state → done with its outcome. A result of what was given up or withdrawn before is kept, once, and marked late.
    /// </summary>
    /// <param name="holdsGates">The caller holds the commands' gates already, in this transaction.</param>
    /// <returns>The ids that became done now; late and repeated ones are not among them.</returns>
    public static async Task<IReadOnlyList<Guid>> Finish(
        DbTransaction tx, IReadOnlyList<CommandEnd> ends, DateTimeOffset now, bool holdsGates = false)
    {
        var rows = Ends(ends);
        var args = new { now = now.ToUnixTimeMilliseconds() };
        if (!holdsGates)
        {
            await HoldGates(tx, [.. ends.Select(e => e.Id)]);
        }

        var done = await tx.QueryRows<Guid>(
            $$"""
            with v as ({rows})
            update device_commands set state = 4, outcome = v.outcome, ended_at = @now, resend_at = null, exit_code = v.exit_code,
              output = v.output, error = v.error, duration_ms = v.duration_ms, data = v.data
            from v where device_commands.id = v.command_id and device_commands.device_id = v.device_id and device_commands.attempt = v.attempt
              and (device_commands.state = 3 or ({{Unaccepted}} and {{NotWithdrawn}}))
            returning id
            """,
            rows,
            args);
        if (done.Count < ends.Count)
        {
            // What is left was done before (nothing to do), or comes too late.
            await tx.ExecuteRows(
                """
                with v as ({rows})
                update device_commands set late = 1, state = case when state = 4 then 4 else 5 end, ended_at = coalesce(ended_at, @now),
                  resend_at = null, exit_code = v.exit_code, output = v.output, error = v.error, duration_ms = v.duration_ms, data = v.data
                from v where device_commands.id = v.command_id and device_commands.device_id = v.device_id
                  and device_commands.attempt = v.attempt and v.outcome <> 5 and device_commands.late = 0
                  and (device_commands.state in (1, 2, 5) or (device_commands.state = 4 and device_commands.outcome = 5))
                """,
                rows,
                args);
        }

        return done;
    }

    /// <summary>Unaccepted → withdrawn.</summary>
    /// <returns>The ids that were withdrawn now.</returns>
    public static Task<IReadOnlyList<WithdrawnCommand>> Withdraw(DbTransaction tx, IReadOnlyList<CommandId> ids, DateTimeOffset now) =>
        Withdrawn(tx, "select v.command_id from v", Ids(ids), new { now = now.ToUnixTimeMilliseconds() });

    /// <summary>
    /// Writes into the commands' rows what <see cref="CommandGates.Withdraw"/> has decided, a step of at most <paramref name="most"/> rows.
    /// </summary>
    /// <returns>What was withdrawn now; fewer than asked for: it was the last step.</returns>
    public static Task<IReadOnlyList<WithdrawnCommand>> WithdrawGate(DbTransaction tx, Guid gate, int most, DateTimeOffset now) =>
        Withdrawn(
            tx,
            "select c.id from device_commands c join v on v.gate_id = c.gate_id where c.state in (1, 2) limit @most",
            new Rows().Uuid("gate_id", [gate]),
            new { most, now = now.ToUnixTimeMilliseconds() });

    /// <summary>Deletes the ended commands of some records, whose owner deletes them in the same transaction.</summary>
    public static Task<int> Forget(DbTransaction tx, IReadOnlyList<(DeviceId Device, string Origin)> records) => tx.ExecuteRows(
        """
        delete from device_commands where id in (
          select c.id from ({rows}) v cross join device_commands c where c.device_id = v.device and c.origin = v.by_origin and c.state in (4, 5))
        """,
        new Rows().Uuid("device", [.. records.Select(r => r.Device.Value)]).Text("by_origin", [.. records.Select(r => r.Origin)]));

    private static async Task<IReadOnlyList<WithdrawnCommand>> Withdrawn(DbTransaction tx, string chosen, Rows rows, object args)
    {
        var changed = await tx.QueryRows<WithdrawnRow>(
            $$"""
            with v as ({rows})
            update device_commands set state = 5, ended_at = @now, resend_at = null
            where {{Unaccepted}} and id in ({{chosen}})
            returning id, device_id, sent_at
            """,
            rows,
            args);
        if (changed.Count == 0)
        {
            return [];
        }

        var sent = changed.Where(c => c.SentAt is not null).Select(c => c.DeviceId).Distinct().ToArray();
        var silos = (await tx.QueryRows<DeviceSilo>(
            $"with v as ({{rows}}) select d.id, d.silo_id from devices d join v on v.device_id = d.id where {PresenceSql.Online("d")}",
            new Rows().Uuid("device_id", sent),
            args)).ToDictionary(d => d.Id, d => d.SiloId);
        return [.. changed.Select(c => new WithdrawnCommand(
            new(c.Id), new(c.DeviceId), c.SentAt is not null, silos.GetValueOrDefault(c.DeviceId)))];
    }

    private static async Task Insert(DbTransaction tx, IReadOnlyList<NewCommand> commands, CommandState state, DateTimeOffset now)
    {
        if (commands.Count == 0)
        {
            return;
        }

        var payloads = await CommandPayloads.Store(tx, commands.Select(c => c.Payload), now);
        await tx.ExecuteRows(
            """
            insert into device_commands (id, device_id, org_id, type, payload_id, attempt, gate_id, bypasses_gate, origin, left_out,
              state, created_at, sent_at, resend_at)
            select v.command_id, v.device_id, v.org_id, v.type, v.payload_id, v.attempt, v.gate_id, v.bypasses_gate, v.origin, v.left_out,
              @state, @now, case when @state = 2 then @now end, @resend
            from ({rows}) v
            """,
            new Rows()
                .Uuid("command_id", [.. commands.Select(c => c.Id.Value)])
                .Uuid("device_id", [.. commands.Select(c => c.DeviceId.Value)])
                .Uuid("org_id", [.. commands.Select(c => c.OrgId.Value)])
                .Text("type", [.. commands.Select(c => c.Type)])
                .Uuid("payload_id", [.. commands.Select(c => payloads[c.Payload])])
                .Int("attempt", [.. commands.Select(c => c.Attempt)])
                .Uuid("gate_id", [.. commands.Select(c => c.GateId)])
                .Int("bypasses_gate", [.. commands.Select(c => c.BypassesGate ? 1 : 0)])
                .Text("origin", [.. commands.Select(c => c.Origin)])
                .Text("left_out", [.. commands.Select(c => c.LeftOut)]),
            new
            {
                state = (int)state,
                now = now.ToUnixTimeMilliseconds(),
                resend = (now + ResendAfter).ToUnixTimeMilliseconds(),
            });
    }

    // Held in one order by everyone who holds several, or two could wait for each other.
    private static Task<IReadOnlyList<Guid>> HoldGates(DbTransaction tx, IReadOnlyList<CommandId> ids) => tx.QueryRows<Guid>(
        $"with v as ({{rows}}) select g.id from command_gates g where g.id in ({GateOf}) order by g.id{CommandGates.HoldShared(tx)}",
        Ids(ids));

    private static Rows Ids(IReadOnlyList<CommandId> ids) => new Rows().Uuid("command_id", [.. ids.Select(i => i.Value)]);

    private static Rows Ends(IReadOnlyList<CommandEnd> ends) => new Rows()
        .Uuid("command_id", [.. ends.Select(e => e.Id.Value)])
        .Uuid("device_id", [.. ends.Select(e => e.DeviceId.Value)])
        .Int("attempt", [.. ends.Select(e => e.Attempt)])
        .Int("outcome", [.. ends.Select(e => (int)e.Outcome)])
        .Int("exit_code", [.. ends.Select(e => e.ExitCode)])
        .Text("output", [.. ends.Select(e => e.Output)])
        .Text("error", [.. ends.Select(e => e.Error)])
        .BigInt("duration_ms", [.. ends.Select(e => e.DurationMs)])
        .Text("data", [.. ends.Select(e => e.Data)]);

    private sealed class WithdrawnRow
    {
        public Guid Id { get; init; }

        public Guid DeviceId { get; init; }

        public long? SentAt { get; init; }
    }

    private sealed class DeviceSilo
    {
        public Guid Id { get; init; }

        public string SiloId { get; init; } = "";
    }
}
