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

/// <summary>Rollbacks of one patch: asked for, listed device by device, cancelled.</summary>
internal static class RollbackEndpoints
{
    private const int LongestReason = 1_000;
    private const int MostCommandsShown = 500;

    public static void MapRollbackRoutes(this RouteGroupBuilder api)
    {
        api.MapPost("/patches/{id}/rollback", RollBack).WithTags("Patch jobs").RequireRight(Right.RunPatches).Audited("patch_rollback.create", "patch");
        api.MapGet("/patches/rollbacks", async (HttpContext http, RollbackQueries queries, NumberedPage page) =>
            {
                var query = http.Request.Query;
                return (await queries.List(
                    http.Caller().Scope,
                    new RollbackFilter(
                        QueryText.Id(query, "orgId"), QueryText.Id(query, "patchId"), QueryText.Id(query, "deviceId"),
                        QueryText.Id(query, "rollbackId"), QueryText.Name<RollbackStatus>(query, "status"), Searches.Pattern(query)),
                    page)).ToHttp(Replies.Bare);
            })
            .WithTags("Patch jobs").RequireRight(Right.ViewPatches)
            .Query("orgId", "One organization of the key's reach; 403 when it is not.").Query("search", "Part of the hostname, in either case of letters.");
        api.MapPost("/patches/rollbacks/{id}/cancel", Cancel).WithTags("Patch jobs").RequireRight(Right.RunPatches).Audited("patch_rollback.cancel", "patch_rollback")
            .ShedAs(RequestClass.Result);
    }

    private static async Task<IResult> RollBack(
        Guid id, PatchRollbackBody body, IDatabase database, RollbackQueries queries, PatchJobs jobs, TimeProvider clock, HttpContext http)
    {
        var caller = http.Caller();
        if (Refuse(body, clock.GetUtcNow()) is { } invalid)
        {
            return Problems.From(invalid);
        }

        var orgs = await database.Read(c => RollbackQueries.OrgsOf(c, caller.Scope, id));
        if (orgs.Count == 0)
        {
            return Problems.From(Refusal.NotFound("The patch"));
        }

        var plan = body.DeviceIds is null
            ? new RollbackPlan([.. orgs.Select(o => (o, (IReadOnlyList<DeviceId>?)null))], [], new SkippedTargets([], []))
            : await database.Read(c => RollbackPlan.For(c, caller.Scope, id, body.DeviceIds));
        var runs = new List<CreatedPatchJob>();
        foreach (var (org, devices) in plan.Orgs)
        {
            var made = await jobs.RollBack(org, id, devices, body.Reason, body.ScheduledTime, AuditActor.Of(caller), http.RequestAborted);
            if (made.Refusal is { } refused)
            {
                return Problems.From(refused);
            }

            if (made.Value!.DeviceCount > 0)
            {
                runs.Add(made.Value);
            }
        }

        return Replies.Bare(new PatchRollbackAnswer(
            runs.ConvertAll(r => r.JobId),
            await database.Read(c => RollbackQueries.Commands(c, runs.ConvertAll(r => r.JobId), MostCommandsShown)),
            runs.Sum(r => r.DeviceCount),
            plan.Failed,
            plan.Skipped));
    }

    private static async Task<IResult> Cancel(Guid id, JobQueries queries, IGrainFactory grains, HttpContext http)
    {
        var caller = http.Caller();
        if (await queries.FindRow(caller.Scope, id, RunKind.PatchRollback) is null)
        {
            return Problems.From(Refusal.NotFound("The rollback"));
        }

        var answer = await grains.GetGrain<IDeploymentGrain>(id).Control(DeploymentCommand.Cancel, null, caller);
        return answer.Refusal is { } refused ? Problems.From(refused) : Replies.Ok(new CancelledRollback(id, "cancelled"));
    }

    private static Refusal? Refuse(PatchRollbackBody body, DateTimeOffset now) => body switch
    {
        { Reason.Length: > LongestReason } => Refusal.Invalid($"reason is longer than {LongestReason} characters.", "reason"),
        { Reason: { } reason } when !JsonText.IsStorable(reason) => Refusal.Invalid("reason contains a NUL character.", "reason"),
        { ScheduleType: not (null or "immediate" or "scheduled") } => Refusal.Invalid("scheduleType must be immediate or scheduled.", "scheduleType"),
        { ScheduleType: "scheduled", ScheduledTime: null } => Refusal.Invalid("scheduledTime is required for a scheduled rollback.", "scheduledTime"),
        { ScheduleType: "scheduled", ScheduledTime: { } at } when at <= now => Refusal.Invalid("scheduledTime lies in the past.", "scheduledTime"),
        { ScheduleType: not "scheduled", ScheduledTime: not null } => Refusal.Invalid("scheduledTime belongs to a scheduled rollback.", "scheduledTime"),
        _ => StartTime.Refuse(body.ScheduledTime, now, "scheduledTime") ?? (body.DeviceIds is null ? null : DevicesOfRequest.Refuse(body.DeviceIds)),
    };
}
