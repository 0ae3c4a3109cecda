using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Jobs;
using Breeze.Silo.Storage;
using Dapper;
using Orleans.Concurrency;

namespace Breeze.Silo.Policies;

/// <summary>Runs a policy's schedule: each occurrence that falls due becomes one job. Key: the policy.</summary>
[Alias("breeze.IPolicyScheduleGrain")]
public interface IPolicyScheduleGrain : IGrainWithGuidKey
{
    /// <summary>Looks at the rows and does what is due; safe to call at any time.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>The same, without waiting for it.</summary>
    [Alias("Nudge"), OneWay]
    Task Nudge();
}

/// <inheritdoc cref="IPolicyScheduleGrain"/>
/// <remarks>
/// Everything it knows is in rows: which occurrence waits, and what became of those before. The job is made first, under the occurrence's
/// key, and noted after; whoever comes again in between is answered with the job that is there.
/// </remarks>
[GrainType("policy-schedule")]
public sealed partial class PolicyScheduleGrain(
    IDatabase database, EffectivePolicies policies, IPatchJobs jobs, TimeProvider clock, ILogger<PolicyScheduleGrain> log)
    : Grain, IPolicyScheduleGrain, IRemindable
{
    private const string ReminderName = "schedule";
    private const int MostAtOnce = 50;

    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private IGrainTimer? _timer;
    private IGrainReminder? _reminder;

    private Guid Policy => this.GetPrimaryKey();

    public Task ReceiveReminder(string reminderName, TickStatus status) => Wake();

    public Task Nudge() => Wake();

    public async Task Wake()
    {
        try
        {
            // The knock comes first: should this silo die in the midst of it, another is knocked at.
            if (await Complete() is { } next)
            {
                _reminder ??= await this.RegisterOrUpdateReminder(ReminderName, Tick, Tick);
                next = await RunDue() ?? next;
                SetTimer(next);
            }
            else
            {
                await DropReminder();
            }
        }
        catch (Exception error) when (error is not Orleans.Storage.InconsistentStateException)
        {
            // Nothing is lost: what is due stays due until it is noted otherwise.
            StepFailed(log, Policy, error);
            SetTimer(clock.GetUtcNow() + Retry);
        }
    }

    /// <summary>Adds the rows of organizations, sites and zones that are new since; when the next one is due, or null when none waits.</summary>
    private async Task<DateTimeOffset?> Complete()
    {
        if (await database.Read(c => PolicyOccurrences.IsIncomplete(c, Policy)))
        {
            await database.Write(async tx =>
            {
                await PolicyOccurrences.Plan(tx, Policy, clock.GetUtcNow());
                return true;
            });
        }

        return await database.Read(c => PolicyOccurrences.NextDue(c, Policy));
    }

    private async Task<DateTimeOffset?> RunDue()
    {
        while (await database.Read(c => PolicyOccurrences.Due(c, Policy, clock.GetUtcNow(), MostAtOnce)) is { Count: > 0 } due)
        {
            foreach (var row in due)
            {
                await Run(row);
            }
        }

        return await database.Read(c => PolicyOccurrences.NextDue(c, Policy));
    }

    private async Task Run(OccurrenceRow row)
    {
        var (name, feature) = await database.Read(async c => (
            await c.QueryFirstOrDefaultAsync<string>("select p.name from configuration_policies p where p.id = @Policy", new { Policy }),
            await FeatureRow.Find(c, Policy, FeatureRow.Patch)));
        var settings = feature?.Parsed;
        var now = clock.GetUtcNow();
        var (state, job) = settings is null || name is null ? (OccurrenceState.NobodyToRunFor, null)
            : now - row.DueAt >= PolicyOccurrences.Patience ? (OccurrenceState.Missed, null)
            : await MakeJob(row, name, settings);
        await database.Write(tx => PolicyOccurrences.Finish(tx, row, state, job, now));
        Occurred(log, Policy, row.OrgId, row.TimeZone, row.LocalDate, state, job);
    }

    private async Task<(OccurrenceState State, Guid? Job)> MakeJob(OccurrenceRow row, string name, PatchSettings settings)
    {
        var governed = await database.Read(c => policies.Governed(c, row.OrgId, Policy, row.TimeZone, null, 1));
        if (governed.Count == 0)
        {
            return (OccurrenceState.NobodyToRunFor, null);
        }

        var answer = await jobs.Create(
            new NewPatchJob(
                row.OrgId, Policy, $"Config Policy Patch Job — {name}", settings, null, row.TimeZone, null, row.Key, AuditActor.Policy(Policy, name)),
            CancellationToken.None);
        // Refused, or made for nobody: who was governed a moment ago is not any more.
        return answer.Value is { DeviceCount: > 0 } made ? (OccurrenceState.Ran, made.JobId) : (OccurrenceState.NobodyToRunFor, null);
    }

    private void SetTimer(DateTimeOffset at)
    {
        var now = clock.GetUtcNow();
        var wait = at > now ? at - now : TimeSpan.Zero;
        // Beyond a tick the reminder knocks anyway, and a timer would only keep the grain in memory.
        if (wait > Tick)
        {
            return;
        }

        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(Wake, new GrainTimerCreationOptions(wait, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task DropReminder()
    {
        _reminder ??= await this.GetReminder(ReminderName);
        if (_reminder is { } reminder)
        {
            await this.UnregisterReminder(reminder);
            _reminder = null;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Policy {Policy} in organization {Organization}, {TimeZone}, {LocalDate}: {State}, job {Job}")]
    private static partial void Occurred(
        ILogger logger, Guid policy, Core.OrgId organization, string timeZone, string localDate, OccurrenceState state, Guid? job);

    [LoggerMessage(2, LogLevel.Warning, "Policy {Policy}: its schedule could not go on; trying again")]
    private static partial void StepFailed(ILogger logger, Guid policy, Exception error);
}
