using Dapper;
using Npgsql;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>Looks at the tables and at the devices' journals alone, and says what is not as it must be.</summary>
/// <remarks>It shares no query and no type with the product, so that a mistake in one is not a mistake in the other.</remarks>
public sealed class InvariantChecker(NpgsqlConnection connection, IReadOnlyDictionary<Guid, JournalledCommand> journal)
{
    private readonly List<string> _broken = [];

    /// <summary>Everything that is broken, a sentence each; empty is well.</summary>
    public async Task<IReadOnlyList<string>> Check(IReadOnlyList<OperatedRollout> rollouts, IReadOnlyList<Guid> jobs, IReadOnlyList<Guid> reports)
    {
        var ids = rollouts.Select(rollout => rollout.Id).Concat(jobs).ToArray();
        await Runs(ids);
        await Counts(ids);
        foreach (var rollout in rollouts)
        {
            await Attempts(rollout);
            await Audited(rollout);
            if (rollout.SentInSpite.Count > 0)
            {
                _broken.Add($"{rollout.Name}: {rollout.SentInSpite.Count} commands were sent although it was paused or cancelled, such as {rollout.SentInSpite[0]}");
            }
        }

        await Commands(ids);
        await Patches();
        await Finished(reports);
        await AuditChain();
        return _broken;
    }

    private async Task Runs(Guid[] ids)
    {
        await None("a run has not ended", "select name || ' ' || id from deployments where id = any(@ids) and (stage not in (5, 6, 7) or swept = 0)", ids);
        await None(
            "a record is in no terminal state",
            "select deployment_id || ' ' || ordinal || ' ' || status from deployment_devices where deployment_id = any(@ids) and status not in (3, 4, 5)", ids);
        await None(
            "a run has not as many records as devices",
            "select id::text from deployments d where id = any(@ids) and total <> (select count(*) from deployment_devices r where r.deployment_id = d.id and r.run = d.run)", ids);
        await None(
            "a device has two records",
            "select device_id::text from deployment_devices where deployment_id = any(@ids) group by deployment_id, run, device_id having count(*) > 1", ids);
    }

    private async Task Counts(Guid[] ids)
    {
        await None(
            "counts differ from rows",
            """
            select c.deployment_id || ' shard ' || c.shard from deployment_counts c join deployments d on d.id = c.deployment_id
            cross join lateral (select count(*) filter (where status = 1) p, count(*) filter (where status = 2) r, count(*) filter (where status = 3) ok,
                count(*) filter (where status = 4) f, count(*) filter (where status = 5) s
              from deployment_devices x where x.deployment_id = c.deployment_id and x.run = c.run
                and x.ordinal >= c.first_ordinal and x.ordinal < c.first_ordinal + c.device_count) n
            where c.deployment_id = any(@ids) and (c.pending, c.running, c.completed, c.failed, c.skipped) is distinct from (n.p, n.r, n.ok, n.f, n.s)
            """, ids);
        await None("a count of those retrying or accepted is left", "select deployment_id::text from deployment_counts where deployment_id = any(@ids) and (retrying <> 0 or accepted <> 0)", ids);
    }

    private async Task Attempts(OperatedRollout rollout)
    {
        var arguments = new { rollout.Gate, most = rollout.MaxRetries + 1, rollout.Id };
        await None(
            $"{rollout.Name}: a device was sent more than {rollout.MaxRetries + 1} attempts",
            "select device_id::text from device_commands where gate_id = @Gate and sent_at is not null group by device_id having count(*) > @most", arguments);
        await None(
            $"{rollout.Name}: an attempt was sent before its backoff of a minute",
            """
            select b.id::text from device_commands a join device_commands b on b.gate_id = a.gate_id and b.device_id = a.device_id and b.attempt = a.attempt + 1
            where a.gate_id = @Gate and b.sent_at < a.ended_at + 60000
            """, arguments);
        await None(
            $"{rollout.Name}: two attempts of a device were open at once",
            """
            select b.id::text from device_commands a join device_commands b on b.gate_id = a.gate_id and b.device_id = a.device_id and b.attempt > a.attempt
            where a.gate_id = @Gate and (a.ended_at is null or b.created_at < a.ended_at)
            """, arguments);
        await None(
            $"{rollout.Name}: a record names another number of attempts than were sent",
            """
            select r.device_id::text from deployment_devices r where r.deployment_id = @Id
              and r.attempt <> (select count(*) from device_commands c where c.gate_id = @Gate and c.device_id = r.device_id)
            """, arguments);
    }

    // What a device ran is in the ledger, on that device, sent, and ended there as the device says, unless it was given up before.
    private async Task Commands(Guid[] ids)
    {
        var twice = journal.Where(command => command.Value.Starts > 1).Select(command => command.Key).ToList();
        if (twice.Count > 0)
        {
            _broken.Add($"{twice.Count} commands ran twice, such as {twice[0]}");
        }

        var ledger = (await connection.QueryAsync<(Guid Id, Guid Device, short State, short? Outcome, bool IsSent, bool IsLate)>(
            """
            select c.id, c.device_id, c.state, c.outcome, c.sent_at is not null, c.late <> 0 from device_commands c
            where c.gate_id in (select gate_id from deployments where id = any(@ids))
            """,
            new { ids })).ToDictionary(command => command.Id);
        foreach (var (id, ran) in journal.Where(command => ledger.ContainsKey(command.Key)))
        {
            var known = ledger[id];
            if (known.Device != ran.Device || !known.IsSent)
            {
                _broken.Add($"command {id} ran on {ran.Device} and is {(known.IsSent ? $"{known.Device}'s" : "not sent")}");
            }

            if (ran.Starts > 0 && known.State == 5)
            {
                _broken.Add($"command {id} was withdrawn and ran");
            }

            if (known is { State: 4, IsLate: false, Outcome: 1 } && ran.Status != "completed")
            {
                _broken.Add($"command {id} counts as completed and the device says {ran.Status}");
            }
        }

        foreach (var command in ledger.Values.Where(command => command is { State: 4, Outcome: 1 } && !journal.ContainsKey(command.Id)))
        {
            _broken.Add($"command {command.Id} counts as completed and no device ran it");
        }

        await None(
            "a record's end is not its last command's",
            """
            select r.device_id || ' status ' || r.status || ' outcome ' || coalesce(c.outcome, 0) from deployment_devices r join device_commands c on c.id = r.command_id
            where r.deployment_id = any(@ids) and ((r.status = 3) <> (c.state = 4 and c.outcome = 1)) and r.status in (3, 4)
            """, ids);
        await None(
            "a skipped record has a command that was accepted",
            """
            select r.device_id::text from deployment_devices r join device_commands c on c.id = r.command_id
            where r.deployment_id = any(@ids) and r.status = 5 and c.accepted_at is not null
            """, ids);
    }

    private async Task Patches()
    {
        await None(
            "patch counts of an organization differ from a recount",
            """
            select o.patch_id::text from
              (select org_id, patch_id, sum(pending) p, sum(installed) i, sum(failed) f, sum(skipped) s, sum(missing) m from org_patch_counts group by 1, 2) o
            left join (select org_id, patch_id, count(*) filter (where status = 1) p, count(*) filter (where status = 2) i, count(*) filter (where status = 3) f,
                count(*) filter (where status = 4) s, count(*) filter (where status = 5) m from device_patches group by 1, 2) n
              on n.org_id = o.org_id and n.patch_id = o.patch_id
            where (o.p, o.i, o.f, o.s, o.m) is distinct from (coalesce(n.p, 0), coalesce(n.i, 0), coalesce(n.f, 0), coalesce(n.s, 0), coalesce(n.m, 0))
            """, new { });
        await None(
            "a device's patch totals differ from a recount",
            """
            select t.device_id::text from device_patch_totals t
            left join (select device_id, count(*) filter (where status = 1) p, count(*) filter (where status = 2) i, count(*) filter (where status = 3) f,
                count(*) filter (where status = 4) s, count(*) filter (where status = 5) m from device_patches group by 1) n on n.device_id = t.device_id
            where (t.pending, t.installed, t.failed, t.skipped, t.missing) is distinct from (coalesce(n.p, 0), coalesce(n.i, 0), coalesce(n.f, 0), coalesce(n.s, 0), coalesce(n.m, 0))
            """, new { });
    }

    private async Task Finished(IReadOnlyList<Guid> reports) => await None(
        "a report is not whole",
        """
        select id::text from compliance_reports c where id = any(@ids)
          and (status <> 3 or row_count is null or not exists (select 1 from compliance_report_chunks k where k.report_id = c.id and k.run = c.run))
        """, reports.ToArray());

    private async Task Audited(OperatedRollout rollout)
    {
        var lines = (await connection.QueryAsync<string>(
            "select action from audit_logs where target_id = @id and result = 'ok' order by at, seq", new { id = rollout.Id.ToString() })).ToList();
        foreach (var step in rollout.Done.Where(step => lines.Count(line => line == $"deployment.{step}") != 1))
        {
            _broken.Add($"{rollout.Name}: {step} was answered and has {lines.Count(line => line == $"deployment.{step}")} audit lines ({string.Join(' ', lines)})");
        }
    }

    private async Task AuditChain()
    {
        await None(
            "the audit chain is broken",
            """
            select a.chain || ' ' || a.seq from (select chain, seq, previous_hash, lag(hash) over w p, lag(seq) over w s from audit_logs window w as (partition by chain order by seq)) a
            where a.s is not null and (a.p <> a.previous_hash or a.s <> a.seq - 1)
            """, new { });
        await None(
            "the audit chain's head is not its last line",
            "select h.chain::text from audit_heads h where not exists (select 1 from audit_logs a where a.chain = h.chain and a.seq = h.seq and a.hash = h.hash)", new { });
    }

    private Task None(string what, string sql, Guid[] ids) => None(what, sql, (object)new { ids });

    private async Task None(string what, string sql, object arguments)
    {
        var found = (await connection.QueryAsync<string>($"select * from ({sql}) broken limit 5", arguments)).ToList();
        if (found.Count > 0)
        {
            _broken.Add($"{what}: {string.Join(", ", found)}");
        }
    }
}
