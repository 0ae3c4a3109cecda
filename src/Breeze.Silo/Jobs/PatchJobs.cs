using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Deployments;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Jobs;

/// <summary>A patch job to be made.</summary>
/// <param name="Devices">These; null: all that the policy governs.</param>
/// <param name="TimeZone">Only devices whose site has this zone, as a schedule has it; null for all. Not with <paramref name="Devices"/>.</param>
/// <param name="ScheduledAt">When it starts; null or past: now.</param>
/// <param name="OccurrenceKey">A schedule's occurrence: a second job of the same key is not made, the first is answered. Null for none.</param>
public sealed record NewPatchJob(
    OrgId Org,
    Guid? PolicyId,
    string Name,
    PatchSettings Settings,
    IReadOnlyList<DeviceId>? Devices,
    string? TimeZone,
    DateTimeOffset? ScheduledAt,
    string? OccurrenceKey,
    AuditActor Actor);

/// <param name="DeviceCount">0: nobody to run for, and no job was made.</param>
public sealed record CreatedPatchJob(Guid JobId, OrgId Org, int DeviceCount);

/// <summary>Makes patch jobs, for operators and for schedules alike.</summary>
public interface IPatchJobs
{
    /// <summary>Makes the job and stages its devices. A repeat with the same occurrence key is safe at any time.</summary>
    Task<Answer<CreatedPatchJob>> Create(NewPatchJob job, CancellationToken cancel);
}

/// <inheritdoc cref="IPatchJobs"/>
/// <remarks>A job is a run of the rollout engine: immediate, without limits, waiting for its devices until a deadline.</remarks>
public sealed class PatchJobs(IDatabase database, IGrainFactory grains, TimeProvider clock) : IPatchJobs
{
    private static readonly string Plan = DeploymentJson.Write(RolloutParsing.ToConfig(new RolloutPlan()));

    public async Task<Answer<CreatedPatchJob>> Create(NewPatchJob job, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var at = job.ScheduledAt > now ? job.ScheduledAt.Value : now;
        var target = job.Devices is { } devices
            ? new JobTarget([.. devices.Select(d => d.Value)])
            : new JobTarget(PolicyId: job.PolicyId ?? throw new ArgumentException("A job without devices needs a policy.", nameof(job)), TimeZone: job.TimeZone);
        var settings = job.Settings;
        var terms = new JobTerms(settings.Sources, settings.RebootPolicy, settings.RebootDelayMinutes ?? PatchSettings.DefaultRebootDelayMinutes);
        var row = await Insert(new DeploymentRow
        {
            Id = DeploymentId.New(),
            OrgId = job.Org,
            Name = job.Name,
            Type = WorkTypes.Patch,
            Payload = DeploymentJson.Write(terms),
            TargetConfig = DeploymentJson.Write(target),
            RolloutConfig = Plan,
            Stage = Stage.Draft,
            CreatedBy = job.Actor.Name,
            CreatedAt = now,
            Kind = RunKind.PatchJob,
            PolicyId = job.PolicyId,
            Occurrence = job.OccurrenceKey,
            ScheduledAt = at,
            DeadlineAt = at + TimeSpan.FromMinutes(settings.DeadlineMinutes),
        }, job.Actor, cancel);
        return await Begin(row);
    }

    /// <summary>Makes a rollback of one patch in one organization.</summary>
    public async Task<Answer<CreatedPatchJob>> RollBack(
        OrgId org, Guid patch, IReadOnlyList<DeviceId>? devices, string? reason, DateTimeOffset? scheduledAt, AuditActor actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var at = scheduledAt > now ? scheduledAt.Value : now;
        var target = devices is null ? new JobTarget(InstalledPatchId: patch) : new JobTarget([.. devices.Select(d => d.Value)]);
        var row = await Insert(new DeploymentRow
        {
            Id = DeploymentId.New(),
            OrgId = org,
            Name = "Rollback",
            Type = WorkTypes.Patch,
            Payload = DeploymentJson.Write(new RollbackReason(reason)),
            TargetConfig = DeploymentJson.Write(target),
            RolloutConfig = Plan,
            Stage = Stage.Draft,
            CreatedBy = actor.Name,
            CreatedAt = now,
            Kind = RunKind.PatchRollback,
            PatchId = patch,
            ScheduledAt = at,
            DeadlineAt = at + TimeSpan.FromMinutes(PatchSettings.DefaultDeadlineMinutes),
        }, actor, cancel);
        return await Begin(row);
    }

    private async Task<Answer<CreatedPatchJob>> Begin(DeploymentRow row)
    {
        var begun = await grains.GetGrain<IDeploymentGrain>(row.Id.Value).Begin();
        return begun.Refusal is { } refusal ? refusal : new CreatedPatchJob(row.Id.Value, row.OrgId, begun.Value);
    }

    /// <returns>The row that stands: of an occurrence that has its job already, the one there is.</returns>
    private Task<DeploymentRow> Insert(DeploymentRow row, AuditActor actor, CancellationToken cancel) => database.Write(
        async tx =>
        {
            if (!await DeploymentStore.Insert(tx, row))
            {
                return await tx.Connection!.QuerySingleAsync<DeploymentRow>(
                    $"select {DeploymentStore.Columns} from deployments where occurrence = @Occurrence", new { row.Occurrence }, tx);
            }

            var noun = DeploymentGrain.Noun(row.Kind);
            await Audit.Write(tx, new AuditEntry(
                AuditChain.Org(row.OrgId), row.CreatedAt, actor, $"{noun}.create", noun, row.Id.ToString(),
                Details: new { row.Name, row.PolicyId, row.PatchId, row.Occurrence, row.ScheduledAt }));
            return row;
        },
        cancel);
}

/// <summary>Why a patch is rolled back, as its run keeps it.</summary>
internal sealed record RollbackReason(string? Reason);
