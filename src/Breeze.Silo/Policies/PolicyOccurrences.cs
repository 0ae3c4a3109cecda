using System.Data.Common;
using System.Globalization;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

internal enum OccurrenceState
{
    Waiting = 1,
    Ran,
    NobodyToRunFor,
    Missed,
}

/// <summary>One local day of a policy's schedule in one organization and time zone: its job is made once, whatever dies.</summary>
internal sealed class OccurrenceRow
{
    public Guid PolicyId { get; init; }
    public OrgId OrgId { get; init; }
    public string TimeZone { get; init; } = "";
    public string LocalDate { get; init; } = "";
    public DateTimeOffset DueAt { get; init; }

    /// <summary>What the job is known by: a second one cannot be made under it.</summary>
    public string Key => $"policy/{PolicyId}/{OrgId}/{TimeZone}/{LocalDate}";
}

/// <summary>The rows of a policy's schedule: for each organization and time zone it may reach there is one that waits.</summary>
internal static class PolicyOccurrences
{
    /// <summary>Beyond this age an occurrence that nobody could run is not run any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    private const string DateFormat = "yyyy-MM-dd";
    private const string Columns = "w.policy_id, w.org_id, w.time_zone, w.local_date, w.due_at";

    /// <summary>The schedule has become another: what waited for a later instant does not wait any more. What is due already still runs.</summary>
    public static Task<int> Forget(DbTransaction tx, Guid policy, DateTimeOffset now) => tx.Connection!.ExecuteAsync(
        "delete from policy_occurrences where policy_id = @policy and state = 1 and due_at > @now", new { policy, now }, tx);

    /// <summary>Makes the waiting rows what assignments, sites and schedule ask for, from now on. A repeat changes nothing.</summary>
    public static async Task Plan(DbTransaction tx, Guid policy, DateTimeOffset now)
    {
        var schedule = await HeldSchedule(tx, policy);
        await tx.Connection!.ExecuteAsync(
            $"""
            delete from policy_occurrences where policy_id = @policy and state = 1
              {(schedule is null ? "" : $"and (org_id not in ({PolicyReach.Orgs}) or not exists (select 1 from sites s where s.org_id = policy_occurrences.org_id and s.time_zone = policy_occurrences.time_zone))")}
            """,
            new { policy },
            tx);
        if (schedule is not null)
        {
            foreach (var (org, zone) in await Missing(tx, policy))
            {
                await Await(tx, policy, org, zone, schedule, now);
            }
        }
    }

    /// <summary>True when <see cref="Plan"/> would add a row: an organization, a site or a time zone is new.</summary>
    public static async Task<bool> IsIncomplete(SqlSource source, Guid policy) => (await Missing(source, policy)).Count > 0;

    /// <summary>The rows that are due, earliest first.</summary>
    public static Task<IReadOnlyList<OccurrenceRow>> Due(SqlSource source, Guid policy, DateTimeOffset now, int most) => source.Query<OccurrenceRow>(
        $"select {Columns} from policy_occurrences w where w.policy_id = @policy and w.state = 1 and w.due_at <= @now order by w.due_at, w.org_id, w.time_zone limit @most",
        new { policy, now, most });

    /// <summary>When the next row of a policy is due; null: none waits.</summary>
    public static Task<DateTimeOffset?> NextDue(SqlSource source, Guid policy) => source.First<DateTimeOffset?>(
        "select w.due_at from policy_occurrences w where w.policy_id = @policy and w.state = 1 order by w.due_at limit 1", new { policy });

    /// <summary>Policies with a row that is due by an instant.</summary>
    public static Task<IReadOnlyList<Guid>> DueBy(SqlSource source, DateTimeOffset instant) => source.Query<Guid>(
        "select distinct w.policy_id from policy_occurrences w where w.state = 1 and w.due_at <= @instant", new { instant });

    /// <summary>Notes what became of an occurrence, and lets the next one wait. Nothing happens when another was quicker.</summary>
    /// <remarks>The next one is of the schedule as it is now: making the job takes its time, and the schedule may have changed meanwhile.</remarks>
    public static async Task<bool> Finish(DbTransaction tx, OccurrenceRow row, OccurrenceState state, Guid? job, DateTimeOffset now)
    {
        var schedule = await HeldSchedule(tx, row.PolicyId);
        var changed = await tx.Connection!.ExecuteAsync(
            """
            update policy_occurrences set state = @state, job_id = @job, done_at = @now
            where policy_id = @PolicyId and org_id = @OrgId and time_zone = @TimeZone and local_date = @LocalDate and state = 1
            """,
            new { state, job, now, row.PolicyId, row.OrgId, row.TimeZone, row.LocalDate },
            tx);
        if (changed == 1 && schedule is not null)
        {
            // From this one on, not from now: after a long silence each of the last day's occurrences gets its turn.
            var from = now - Patience;
            await Await(tx, row.PolicyId, row.OrgId, row.TimeZone, schedule, row.DueAt > from ? row.DueAt : from);
        }

        return changed == 1;
    }

    /// <summary>The policy's schedule, which nobody changes before this transaction has ended: whoever does holds the policy as well. Null: none.</summary>
    private static async Task<PatchSchedule?> HeldSchedule(DbTransaction tx, Guid policy)
    {
        await tx.Connection!.ExecuteAsync($"select p.id from configuration_policies p where p.id = @policy{CommandGates.HoldExclusive(tx, "p")}", new { policy }, tx);
        return (await FeatureRow.Find(tx, policy, FeatureRow.Patch))?.Parsed.Schedule;
    }

    /// <summary>Adds the first day after an instant that has no row: a day runs once, also when the schedule's time is moved on that day.</summary>
    private static async Task Await(DbTransaction tx, Guid policy, OrgId org, string zone, PatchSchedule schedule, DateTimeOffset after)
    {
        while (true)
        {
            var next = schedule.Next(zone, after);
            var added = await tx.Connection!.ExecuteAsync(
                """
                insert into policy_occurrences (policy_id, org_id, time_zone, local_date, due_at, state)
                values (@policy, @org, @zone, @date, @at, 1) on conflict do nothing
                """,
                new { policy, org, zone, date = next.LocalDate.ToString(DateFormat, CultureInfo.InvariantCulture), at = next.At },
                tx);
            if (added == 1)
            {
                return;
            }

            after = next.At;
        }
    }

    private static async Task<IReadOnlyList<(OrgId Org, string Zone)>> Missing(SqlSource source, Guid policy)
    {
        var rows = await source.Query<OccurrenceRow>(
            $"""
            select distinct s.org_id, s.time_zone from ({PolicyReach.Orgs}) o join sites s on s.org_id = o.org_id
            where exists (select 1 from policy_features f where f.policy_id = @policy and f.feature_type = 'patch')
              and not exists (select 1 from policy_occurrences w
                where w.policy_id = @policy and w.org_id = s.org_id and w.time_zone = s.time_zone and w.state = 1)
            """,
            new { policy });
        return [.. rows.Select(r => (r.OrgId, r.TimeZone))];
    }
}
