using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Jobs;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Deployments;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Jobs;

/// <summary>Patch jobs: made from a policy, listed, looked into, cancelled.</summary>
internal static class JobEndpoints
{
    public static void MapJobRoutes(this RouteGroupBuilder api)
    {
        var jobs = api.MapGroup("/patches/jobs").WithTags("Patch jobs");
        jobs.MapGet("", async (HttpContext http, JobQueries queries, NumberedPage page) =>
            {
                var query = http.Request.Query;
                return (await queries.List(
                    http.Caller().Scope, Listing.Read(query), QueryText.Id(query, "policyId"), QueryText.Name<JobStatus>(query, "status"), page)).ToHttp(Replies.Bare);
            })
            .RequireRight(Right.ViewPatches).Narrowed();
        jobs.MapGet("/{id}", async (HttpContext http, JobQueries queries, Guid id) =>
                await queries.Find(http.Caller().Scope, id) is { } job ? Replies.Ok(job) : NotFound())
            .RequireRight(Right.ViewPatches);
        jobs.MapGet("/{id}/results", Results).RequireRight(Right.ViewPatches);
        jobs.MapPost("/{id}/cancel", Cancel).RequireRight(Right.RunPatches).Audited("patch_job.cancel", "patch_job").ShedAs(RequestClass.Result);
        var policies = api.MapGroup("/configuration-policies/{id}").WithTags("Patch jobs");
        policies.MapPost("/patch-job", Create).RequireRight(Right.RunPatches).Audited("patch_job.create", "policy");
        policies.MapPost("/run", Run).RequireRight(Right.RunPatches).Audited("patch_job.create", "policy");
    }

    private static async Task<IResult> Results(Guid id, NumberedPage page, JobQueries queries, HttpContext http)
    {
        var status = QueryText.Name<DeviceRecordStatus>(http.Request.Query, "status");
        return await queries.FindRow(http.Caller().Scope, id, RunKind.PatchJob) is { } job
            ? Replies.Bare(await queries.Results(job, status, page))
            : NotFound();
    }

    private static async Task<IResult> Cancel(Guid id, JobQueries queries, IGrainFactory grains, HttpContext http)
    {
        var caller = http.Caller();
        if (await queries.FindRow(caller.Scope, id, RunKind.PatchJob) is null)
        {
            return NotFound();
        }

        var answer = await grains.GetGrain<IDeploymentGrain>(id).Control(DeploymentCommand.Cancel, null, caller);
        return answer.Refusal is { } refused ? Problems.From(refused) : Replies.Ok((await queries.Find(caller.Scope, id))!);
    }

    /// <summary>By the policy's settings, whether it is assigned to the devices or not; one job an organization.</summary>
    private static async Task<IResult> Create(
        Guid id, PatchJobBody body, IDatabase database, WindowQueries windows, IPatchJobs jobs, TimeProvider clock, HttpContext http)
    {
        var caller = http.Caller();
        var name = Name(body.Name);
        if ((DevicesOfRequest.Refuse(body.DeviceIds) ?? name.Refusal ?? StartTime.Refuse(body.ScheduledAt, clock.GetUtcNow(), "scheduledAt")) is { } invalid)
        {
            return Problems.From(invalid);
        }

        if (await database.Read(c => JobPolicy.Find(c, caller.Scope, id)) is not { } policy)
        {
            return Problems.From(Refusal.NotFound("The policy"));
        }

        if (policy.Settings is not { } settings)
        {
            return Problems.From(NoSettings);
        }

        var now = clock.GetUtcNow();
        var (found, suppressed) = await database.Read(async c =>
        {
            var devices = await DevicesOfRequest.Find(c, caller.Scope, body.DeviceIds!);
            var inside = new HashSet<DeviceId>();
            foreach (var org in devices.Usable)
            {
                inside.UnionWith(await windows.Suppressing(c, org.Key, [.. org], now));
            }

            return (devices, inside);
        });
        var skipped = new SkippedDevices([.. found.Missing, .. found.OutOfService], found.Inaccessible, [.. suppressed.Select(d => d.Value)]);
        var made = new List<CreatedJob>();
        foreach (var org in found.Usable)
        {
            var devices = org.Where(d => !suppressed.Contains(d)).ToList();
            if (devices.Count > 0)
            {
                var job = new NewPatchJob(
                    org.Key, id, name.Value ?? policy.DefaultJobName, settings, devices, null, body.ScheduledAt, null, AuditActor.Of(caller));
                if (await Make(jobs, job, made, http.RequestAborted) is { } refused)
                {
                    return refused;
                }
            }
        }

        return made.Count > 0 ? Answer(made, skipped)
            : suppressed.Count > 0 ? Nobody(RefusalKind.Conflict, "All devices are inside a maintenance window that suppresses patching.", skipped)
            : Nobody(RefusalKind.NotFound, "None of the devices can be used.", skipped);
    }

    /// <summary>For all devices that the policy governs; those that are suppressed wait inside the job.</summary>
    private static async Task<IResult> Run(Guid id, PolicyRunBody? body, IDatabase database, IPatchJobs jobs, TimeProvider clock, HttpContext http)
    {
        var caller = http.Caller();
        body ??= new PolicyRunBody();
        var name = Name(body.Name);
        if ((name.Refusal ?? StartTime.Refuse(body.ScheduledAt, clock.GetUtcNow(), "scheduledAt")) is { } invalid)
        {
            return Problems.From(invalid);
        }

        var foreign = await database.Read(c => OrgChoice.Refuse(c, caller.Scope, body.OrgId));
        if (foreign is not null)
        {
            return Problems.From(foreign);
        }

        if (await database.Read(c => JobPolicy.Find(c, caller.Scope, id)) is not { } policy)
        {
            return Problems.From(Refusal.NotFound("The policy"));
        }

        if (policy.Settings is not { } settings)
        {
            return Problems.From(NoSettings);
        }

        var made = new List<CreatedJob>();
        foreach (var org in await database.Read(c => JobPolicy.Orgs(c, caller.Scope, id, body.OrgId)))
        {
            var job = new NewPatchJob(org, id, name.Value ?? policy.DefaultJobName, settings, null, null, body.ScheduledAt, null, AuditActor.Of(caller));
            if (await Make(jobs, job, made, http.RequestAborted) is { } refused)
            {
                return refused;
            }
        }

        return made.Count > 0
            ? Answer(made, new SkippedDevices([], [], []))
            : Nobody(RefusalKind.NotFound, "The policy governs no device.", new SkippedDevices([], [], []));
    }

    private static async Task<IResult?> Make(IPatchJobs jobs, NewPatchJob job, List<CreatedJob> made, CancellationToken cancel)
    {
        var created = await jobs.Create(job, cancel);
        if (created.Refusal is { } refused)
        {
            return Problems.From(refused);
        }

        if (created.Value!.DeviceCount > 0)
        {
            made.Add(new CreatedJob(created.Value.JobId, created.Value.Org.Value, created.Value.DeviceCount));
        }

        return null;
    }

    private static IResult Nobody(RefusalKind kind, string why, SkippedDevices skipped) => Problems.From(new Refusal(
        kind, why, null, new Dictionary<string, string> { ["skipped"] = JsonSerializer.Serialize(skipped, BreezeJson.Options) }));

    private static IResult Answer(List<CreatedJob> made, SkippedDevices skipped) =>
        Replies.CreatedBare($"/api/v1/patches/jobs/{made[0].JobId}", new PatchJobsCreated(made, made.Sum(j => j.DeviceCount), skipped));

    private static Answer<string?> Name(string? name)
    {
        if (name is null)
        {
            return (string?)null;
        }

        var read = DeviceTexts.Name(name);
        return read.Refusal is { } refusal ? refusal : read.Value;
    }

    private static Refusal NoSettings => Refusal.Invalid("The policy has no patch settings; add a feature of type patch first.", "id");

    private static IResult NotFound() => Problems.From(Refusal.NotFound("The patch job"));
}
