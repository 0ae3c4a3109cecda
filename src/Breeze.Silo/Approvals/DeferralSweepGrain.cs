using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Access;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Approvals;

/// <inheritdoc cref="IDeferralSweepGrain"/>
/// <remarks>The due times are rows; the reminder only knocks, and a timer makes it punctual. Two of it at once announce each end once.</remarks>
[GrainType("deferral-sweep")]
public sealed partial class DeferralSweepGrain(IDatabase database, TimeProvider clock, ILogger<DeferralSweepGrain> log) : Grain, IDeferralSweepGrain, IRemindable
{
    private const string ReminderName = "deferrals";
    private const int MostAtOnce = 200;

    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);

    private IGrainTimer? _timer;
    private IGrainReminder? _reminder;
    private DateTimeOffset _timerAt = DateTimeOffset.MaxValue;

    public Task ReceiveReminder(string reminderName, TickStatus status) => Wake();

    public async Task Wake()
    {
        _timerAt = DateTimeOffset.MaxValue;
        while (await Announce() > 0)
        {
            // The next organization, in a transaction of its own.
        }

        if (await NextEnd() is { } next)
        {
            await Expect(next);
        }
        else
        {
            await DropReminder();
        }
    }

    public async Task Expect(DateTimeOffset until)
    {
        _reminder ??= await this.RegisterOrUpdateReminder(ReminderName, Tick, Tick);
        var now = clock.GetUtcNow();
        // Beyond a tick the reminder knocks anyway.
        if (until - now > Tick || until >= _timerAt)
        {
            return;
        }

        _timerAt = until;
        var wait = until > now ? until - now : TimeSpan.Zero;
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Wake, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Announces what has ended in one organization, and answers how many; 0: nothing has anywhere.</summary>
    private async Task<int> Announce()
    {
        var now = clock.GetUtcNow();
        var ended = await database.Write(async tx =>
        {
            var due = (await tx.Connection!.QueryAsync<EndedRow>(
                """
                select a.org_id, a.patch_id from patch_approvals a where a.announced = 0 and a.status = 4 and a.defer_until <= @now
                order by a.defer_until, a.org_id, a.patch_id limit @most
                """,
                new { now, most = MostAtOnce },
                tx)).AsList();
            return due.Count == 0 ? [] : await Announce(tx, due[0].OrgId, [.. due.Where(d => d.OrgId == due[0].OrgId).Select(d => d.PatchId)], now);
        });
        foreach (var row in ended)
        {
            Ended(log, row.PatchId, row.OrgId);
        }

        return ended.Count;
    }

    private static async Task<IReadOnlyList<EndedRow>> Announce(DbTransaction tx, OrgId org, IReadOnlyList<Guid> patches, DateTimeOffset now)
    {
        // Whoever decides meanwhile is waited for, and may have taken the deferral away.
        await ApprovalRows.Hold(tx, [.. patches.Select(patch => (org, patch))]);
        var rows = await tx.QueryRows<EndedRow>(
            """
            update patch_approvals set announced = 1
            where org_id = @org and patch_id in (select v.patch from ({rows}) v) and announced = 0 and status = 4 and defer_until <= @now
            returning org_id, patch_id, defer_until
            """,
            new Rows().Uuid("patch", [.. patches]),
            new { org, now });
        var lines = rows.Select(r => new AuditEntry(
            AuditChain.Org(org), now, AuditActor.System("approvals"), "patch.deferral_ended", "patch", r.PatchId.ToString(),
            Details: new { status = "pending", r.DeferUntil })).ToList();

        // It is pending again, so the organization's own rule applies to it again.
        lines.AddRange(await AutoApprovals.OnPendingAgain(tx, org, [.. rows.Select(r => r.PatchId)], now));
        await Audit.WriteAll(tx, lines);
        return rows;
    }

    private Task<DateTimeOffset?> NextEnd() => database.Read(connection => connection.QueryFirstOrDefaultAsync<DateTimeOffset?>(
        "select a.defer_until from patch_approvals a where a.announced = 0 order by a.defer_until limit 1"));

    private async Task DropReminder()
    {
        _reminder ??= await this.GetReminder(ReminderName);
        if (_reminder is { } reminder)
        {
            await this.UnregisterReminder(reminder);
            _reminder = null;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Patch {Patch} of organization {Organization} is pending again: its deferral has ended")]
    private static partial void Ended(ILogger logger, Guid patch, OrgId organization);

    private sealed class EndedRow
    {
        public OrgId OrgId { get; init; }

        public Guid PatchId { get; init; }

        public DateTimeOffset DeferUntil { get; init; }
    }
}
