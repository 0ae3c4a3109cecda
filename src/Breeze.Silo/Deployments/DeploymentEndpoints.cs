using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>The routes of whole deployments: each finds it within the caller's scope, asks its grain, and answers what is then stored.</summary>
internal static class DeploymentEndpoints
{
    public static void MapDeploymentRoutes(this RouteGroupBuilder api)
    {
        var deployments = api.MapGroup("/deployments").WithTags("Deployments");
        deployments.MapGet("/", List).RequireRight(Right.ViewDeployments).Narrowed();
        deployments.MapPost("/", Create).RequireRight(Right.RunDeployments).Audited("deployment.create", "deployment");
        deployments.MapGet("/{id}", Get).RequireRight(Right.ViewDeployments);
        deployments.MapPut("/{id}", Update).RequireRight(Right.RunDeployments).Audited("deployment.edit", "deployment");
        deployments.MapDelete("/{id}", Delete).RequireRight(Right.RunDeployments).Audited("deployment.delete", "deployment");
        deployments.MapPost("/{id}/initialize", Initialize).RequireRight(Right.RunDeployments).Audited("deployment.initialize", "deployment");
        MapAction(deployments, "start", DeploymentCommand.Start);
        MapAction(deployments, "pause", DeploymentCommand.Pause);
        MapAction(deployments, "resume", DeploymentCommand.Resume);
        MapAction(deployments, "cancel", DeploymentCommand.Cancel);
        MapAction(deployments, "rollback", DeploymentCommand.RollBack);
    }

    private static void MapAction(RouteGroupBuilder deployments, string name, DeploymentCommand command) => deployments
        .MapPost($"/{{id}}/{name}", (Guid id, DeploymentQueries queries, IGrainFactory grains, HttpContext http) => Control(id, command, queries, grains, http))
        .RequireRight(Right.RunDeployments)
        .Audited($"deployment.{name}", "deployment")
        .ShedAs(command is DeploymentCommand.Pause or DeploymentCommand.Cancel ? RequestClass.Result : RequestClass.Change);

    private static async Task<IResult> List(OffsetPage page, DeploymentQueries queries, HttpContext http)
    {
        var wanted = Listing.Read(http.Request.Query);
        var status = http.Request.Query["status"].FirstOrDefault();
        var type = http.Request.Query["type"].FirstOrDefault();
        if (status is not null && Display.StagesOf(status).Count == 0)
        {
            return Problems.From(Refusal.Invalid(
                "status must be one of draft, pending, running, paused, downloading, installing, completed, failed, cancelled, rollback, active.", "status"));
        }

        if (type is not (null or "script" or "patch" or "software" or "policy"))
        {
            return Problems.From(Refusal.Invalid("type must be one of script, patch, software, policy.", "type"));
        }

        var before = Cursors.Decode<DeploymentPosition>(page.Cursor);
        var answer = await queries.List(
            http.Caller().Scope, wanted, status, type, page.Limit, page.Cursor is null ? page.Offset : 0, before is null ? null : new DeploymentId(before.Id));
        if (answer.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var (data, total) = answer.Value;
        var next = data.Count == page.Limit ? Cursors.Encode(new DeploymentPosition(data[^1].Id)) : null;
        return Replies.Bare(page.Answer(data, total, next));
    }

    private static async Task<IResult> Create(
        DeploymentBody body, DeploymentQueries queries, IDatabase database, TargetQuery targets, TimeProvider clock, HttpContext http)
    {
        var caller = http.Caller();
        var org = await database.Read(connection => OrgChoice.Choose(new SqlSource(connection), caller.Scope, body.OrgId));
        if (org.Refusal is { } foreign)
        {
            return Problems.From(foreign);
        }

        var edit = await Check(body, org.Value, database, targets);
        if (edit.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var row = new DeploymentRow
        {
            Id = DeploymentId.New(),
            OrgId = org.Value,
            Name = edit.Value!.Name,
            Type = edit.Value.Type,
            Payload = edit.Value.Payload,
            TargetConfig = edit.Value.TargetConfig,
            RolloutConfig = edit.Value.RolloutConfig,
            Stage = Stage.Draft,
            CreatedBy = caller.Name,
            CreatedAt = clock.GetUtcNow(),
        };
        await database.Write(async tx =>
        {
            await DeploymentStore.Insert(tx, row);
            await Audit.Write(tx, new AuditEntry(
                AuditChain.Org(row.OrgId), row.CreatedAt, AuditActor.Of(caller), "deployment.create", "deployment", row.Id.ToString(), Details: new { row.Name }));
            return true;
        });
        EntityTags.Set(http, row.Version);
        return Replies.Created($"/api/v1/deployments/{row.Id}", queries.Show(row, default));
    }

    private static async Task<IResult> Get(Guid id, string? run, DeploymentQueries queries, HttpContext http)
    {
        if (run is not (null or "rollout" or "rollback"))
        {
            return Problems.From(Refusal.Invalid("run must be rollout or rollback.", "run"));
        }

        return await Answer(new DeploymentId(id), queries, http, run switch { "rollout" => 1, "rollback" => 2, _ => null });
    }

    private static async Task<IResult> Update(
        Guid id, DeploymentBody body, DeploymentQueries queries, IDatabase database, TargetQuery targets, IGrainFactory grains, HttpContext http)
    {
        var row = await queries.FindRow(http.Caller().Scope, new DeploymentId(id));
        if (row is null)
        {
            return NotFound();
        }

        if (body.OrgId is { } org && org != row.OrgId.Value)
        {
            return Problems.From(Refusal.Invalid("orgId cannot be changed.", "orgId"));
        }

        var edit = await Check(body, row.OrgId, database, targets);
        var answer = edit.Refusal is { } refusal
            ? refusal
            : await grains.GetGrain<IDeploymentGrain>(id).Edit(edit.Value!, EntityTags.IfMatch(http), http.Caller());
        return answer.Refusal is { } refused ? Problems.From(refused) : await Answer(row.Id, queries, http);
    }

    private static async Task<IResult> Delete(Guid id, DeploymentQueries queries, IGrainFactory grains, HttpContext http)
    {
        var read = await queries.Find(http.Caller().Scope, new DeploymentId(id));
        if (read is null)
        {
            return NotFound();
        }

        var answer = await grains.GetGrain<IDeploymentGrain>(id).Delete(EntityTags.IfMatch(http), http.Caller());
        return answer.Refusal is { } refused ? Problems.From(refused) : Replies.Ok(read.Deployment);
    }

    private static async Task<IResult> Initialize(Guid id, DeploymentQueries queries, IGrainFactory grains, HttpContext http)
    {
        if (await queries.FindRow(http.Caller().Scope, new DeploymentId(id)) is null)
        {
            return NotFound();
        }

        var answer = await grains.GetGrain<IDeploymentGrain>(id).Initialize(EntityTags.IfMatch(http), http.Caller());
        if (answer.Refusal is { } refused)
        {
            return Problems.From(refused);
        }

        var read = (await queries.Find(http.Caller().Scope, new DeploymentId(id)))!;
        var row = (await queries.FindRow(http.Caller().Scope, new DeploymentId(id)))!;
        EntityTags.Set(http, read.Version);
        return Replies.Ok(InitializedAnswer.Of(read.Deployment, row, answer.Value!));
    }

    private static async Task<IResult> Control(Guid id, DeploymentCommand command, DeploymentQueries queries, IGrainFactory grains, HttpContext http)
    {
        if (await queries.FindRow(http.Caller().Scope, new DeploymentId(id)) is null)
        {
            return NotFound();
        }

        var answer = await grains.GetGrain<IDeploymentGrain>(id).Control(command, EntityTags.IfMatch(http), http.Caller());
        return answer.Refusal is { } refused ? Problems.From(refused) : await Answer(new DeploymentId(id), queries, http);
    }

    private static async Task<IResult> Answer(DeploymentId id, DeploymentQueries queries, HttpContext http, int? run = null)
    {
        if (await queries.Find(http.Caller().Scope, id, run) is not { } read)
        {
            return NotFound();
        }

        EntityTags.Set(http, read.Version);
        return Replies.Ok(read.Deployment);
    }

    private static async Task<Answer<DeploymentEdit>> Check(DeploymentBody body, OrgId org, IDatabase database, TargetQuery targets)
    {
        var spec = DeploymentParsing.Parse(body, targets.Fields);
        if (spec.Refusal is { } refusal)
        {
            return refusal;
        }

        var value = spec.Value!;
        var target = DeploymentParsing.Spec(value.Target, targets.Fields);
        var missing = await database.Read(async connection =>
            (await WorkSnapshots.Take(connection, org, value.Payload)).Refusal ?? await targets.Check(connection, org, target));
        return missing is { } refused ? refused : new DeploymentEdit(
            value.Name,
            value.Type,
            StoredPayload.Write(value.Payload),
            DeploymentJson.Write(value.Target),
            DeploymentJson.Write(RolloutParsing.ToConfig(value.Plan)));
    }

    private static IResult NotFound() => Problems.From(Refusal.NotFound("The deployment"));

    private sealed record DeploymentPosition(Guid Id);
}
