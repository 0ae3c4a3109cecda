using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Core.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>Shows when policies run, by the same rule that runs them.</summary>
internal sealed class PolicySchedules(IDatabase database, TimeProvider clock)
{
    public const int MostRuns = 20;
    public const int UsualRuns = 5;
    private const int MostZones = 100;
    private const int MostJobs = 20;

    /// <summary>When settings that need not be stored would run.</summary>
    public Answer<IReadOnlyList<ScheduledRun>> Preview(SchedulePreviewBody body)
    {
        var zone = body.TimeZone ?? "UTC";
        var settings = body.InlineSettings is { } given ? PatchSettingsText.Parse(given) : Refusal.Invalid("inlineSettings is required.", "inlineSettings");
        var refusal = settings.Refusal
            ?? (TimeZones.Find(zone) is null ? TimeZones.Unknown(zone, "timeZone") : null)
            ?? (body.Count is < 1 or > MostRuns ? Refusal.Invalid($"count must be a whole number from 1 to {MostRuns}.", "count") : null);
        return refusal is not null ? refusal : new Answer<IReadOnlyList<ScheduledRun>>
        {
            Value = Runs(settings.Value!.Schedule, zone, body.Count ?? UsualRuns),
        };
    }

    /// <summary>When a policy runs in each time zone that it reaches.</summary>
    public Task<Answer<PolicySchedule>> Of(OrgScope scope, Guid policy, int count) => database.Read<Answer<PolicySchedule>>(async c =>
    {
        SqlSource source = c;
        if (await PolicyRow.Find(source, scope, policy) is null)
        {
            return Refusal.NotFound("The policy");
        }

        if ((await FeatureRow.Find(source, policy, FeatureRow.Patch))?.Parsed.Schedule is not { } schedule)
        {
            return new PolicySchedule(policy, []);
        }

        var zones = await source.Query<string>(
            $"select distinct s.time_zone from sites s where {PolicyReach.Sites} order by s.time_zone limit @most", new { policy, most = MostZones });
        var last = (await LastRuns(source, policy)).ToLookup(r => r.TimeZone);
        return new PolicySchedule(policy, [.. zones.Select(zone => new ZoneSchedule(zone, Runs(schedule, zone, count), Shown(zone, [.. last[zone]])))]);
    });

    private IReadOnlyList<ScheduledRun> Runs(PatchSchedule? schedule, string zone, int count) => schedule is null ? [] :
    [
        .. schedule.Following(zone, clock.GetUtcNow()).Take(count).Select(run => new ScheduledRun(run.At, TimeZones.Local(zone, run.At))),
    ];

    /// <summary>The latest occurrence of each zone that does not wait any more, a row an organization.</summary>
    private static Task<IReadOnlyList<EndedRow>> LastRuns(SqlSource source, Guid policy) => source.Query<EndedRow>(
        """
        select w.time_zone, w.due_at, w.state, w.job_id
        from (select m.time_zone, max(m.due_at) as due_at from policy_occurrences m where m.policy_id = @policy and m.state <> 1 group by m.time_zone) l
        join policy_occurrences w on w.policy_id = @policy and w.time_zone = l.time_zone and w.due_at = l.due_at and w.state <> 1
        """,
        new { policy });

    private static LastPolicyRun? Shown(string zone, IReadOnlyList<EndedRow> rows) => rows is not [var first, ..] ? null : new LastPolicyRun(
        first.DueAt,
        TimeZones.Local(zone, first.DueAt),
        rows.Min(r => r.State) switch
        {
            OccurrenceState.Ran => "ran",
            OccurrenceState.NobodyToRunFor => "nobody",
            _ => "missed",
        },
        [.. rows.Select(r => r.JobId).OfType<Guid>().Take(MostJobs)]);

    private sealed class EndedRow
    {
        public string TimeZone { get; init; } = "";

        public DateTimeOffset DueAt { get; init; }

        public OccurrenceState State { get; init; }

        public Guid? JobId { get; init; }
    }
}
