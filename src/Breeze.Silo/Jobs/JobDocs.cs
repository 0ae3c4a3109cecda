using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Jobs;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Jobs;

/// <summary>The descriptions of the jobs' and rollbacks' routes in OpenAPI.</summary>
internal static class JobDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");
    private static readonly Guid PatchId = Guid.Parse("0198f6a0-0000-7000-8000-000000000041");
    private static readonly Guid RollbackId = Guid.Parse("0198f6a0-0000-7000-8000-000000000043");
    private static readonly Guid CommandId = Guid.Parse("0198f6a0-0000-7000-8000-000000000044");

    private static readonly PatchJob Job = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000042"), OrgId, "March Critical Patches — Contoso HQ", "running",
        Guid.Parse("0198f6a0-0000-7000-8000-000000000040"), ["microsoft", "third_party"], "if_required", 120, 80, 2, 1, 40, "Patch team",
        At.AddDays(-1), At, At, null, At.AddDays(1), "Servers");

    private static readonly PatchJobResult Result = new(
        DeviceId, "front-desk-1", DeviceRecordStatus.Failed, null, FailureKind.AgentError, "1 of 2 patches failed.", At, At.AddMinutes(9),
        [new(PatchId, "2026-03 Cumulative Update", "installed", null, true), new(CommandId, "Example Browser 141", "failed", "exit code 1603", false)]);

    private static readonly PatchRollback Rollback = new(
        CommandId, RollbackId, OrgId, DeviceId, "front-desk-1", PatchId, "completed", "Causing boot failures on Intel systems", null, "Patch team",
        At, At, At, At.AddMinutes(4), "2026-03 Cumulative Update");

    private static readonly PatchJobsCreated Created = new([new CreatedJob(Job.Id, OrgId, 3)], 3, new SkippedDevices([], [], []));

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("GET /patches/jobs", "List patch jobs", "Newest first, by status, policyId and orgId. devicesCompleted + devicesPending is always devicesTotal.",
            new PagedList<PatchJob>([Job], new(1, 50, 1), null))
        .Add("GET /patches/jobs/{id}", "Get a patch job", "With its counts as they are now.", new Single<PatchJob>(Job))
        .Add("GET /patches/jobs/{id}/results", "List a job's devices", "By hostname and id, each patch by patch; filtered by status.",
            new PagedList<PatchJobResult>([Result], new(1, 50, 1), null))
        .Add("POST /patches/jobs/{id}/cancel", "Cancel a patch job",
            "From scheduled or running. Devices that have not accepted their command are left out; the others finish and are recorded.",
            new Single<PatchJob>(Job with { Status = "cancelled", CompletedAt = At.AddHours(1) }))
        .Add("POST /configuration-policies/{id}/patch-job", "Make a patch job",
            "For 1 to 500 devices, by this policy's settings; one job an organization. 409 with skipped when all are suppressed, 404 with skipped when none is left.",
            Created, new { deviceIds = new[] { DeviceId }, name = Job.Name, scheduledAt = At }, 201)
        .Add("POST /configuration-policies/{id}/run", "Run a policy",
            "Makes a job for all devices that the policy governs within the key's reach, one an organization. 404 when there is none.",
            Created, new { orgId = OrgId }, 201)
        .Add("POST /patches/{id}/rollback", "Roll a patch back",
            "On the devices named, or on all of the key's organizations where it is installed. Devices that are offline are waited for up to a day.",
            new PatchRollbackAnswer([RollbackId], [CommandId], 1, [], new SkippedTargets([], [])),
            new { reason = Rollback.Reason, scheduleType = "immediate", deviceIds = new[] { DeviceId } })
        .Add("GET /patches/rollbacks", "List rollbacks", "Device by device, newest first, by status, patchId, deviceId, rollbackId and orgId.",
            new PagedList<PatchRollback>([Rollback], new(1, 50, 1), null))
        .Add("POST /patches/rollbacks/{id}/cancel", "Cancel a rollback",
            "By its rollbackId. Devices that have not accepted their command are left out; the others finish.",
            new Single<CancelledRollback>(new CancelledRollback(RollbackId, "cancelled")));
}
