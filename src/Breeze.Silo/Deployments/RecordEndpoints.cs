using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Deployments;

/// <summary>The routes of a deployment's device records: lists, one, failures, manual retries.</summary>
internal static class RecordEndpoints
{
    private const int MostRetried = 1_000;

    public static void MapRecordRoutes(this RouteGroupBuilder api)
    {
        var deployments = api.MapGroup("/deployments/{id}").WithTags("Deployments");
        deployments.MapGet("/batches", Batches).RequireRight(Right.ViewDeployments).Query("run", "rollout or rollback; left out: the one that is shown.", "rollout");
        deployments.MapGet("/devices", List).RequireRight(Right.ViewDeployments)
            .Query("status", "pending, running, completed, failed or skipped.", "failed")
            .Query("batchNumber", "Only this batch.", "2")
            .Query("search", Searches.OfDevices, "front-desk");
        deployments.MapGet("/devices/{deviceId}", Get).RequireRight(Right.ViewDeployments);
        deployments.MapGet("/failures", Failures).RequireRight(Right.ViewDeployments);
        deployments.MapPost("/devices/{deviceId}/retry", Retry).RequireRight(Right.RunDeployments).Audited("deployment.retry_device", "deployment");
        deployments.MapPost("/devices/retry", RetryMany).RequireRight(Right.RunDeployments).Audited("deployment.retry_devices", "deployment");
        api.MapGet("/devices/{id}/deployments", OfDevice).WithTags("Devices").RequireRight(Right.ViewDeployments);
    }

    private static async Task<IResult> Batches(Guid id, OffsetPage page, string? run, DeploymentQueries deployments, BatchQueries batches, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { } row)
        {
            return Problems.From(Refusal.NotFound("The deployment"));
        }

        if (RunOf(row, run) is not { } number)
        {
            return Problems.From(Refusal.Invalid("run must be rollout or rollback.", "run"));
        }

        var after = Cursors.Decode<BatchPosition>(page.Cursor)?.BatchNumber ?? page.Offset;
        var (data, total) = await batches.List(row, number, after, page.Limit);
        var next = data.Count > 0 && data[^1].BatchNumber < total ? Cursors.Encode(new BatchPosition(data[^1].BatchNumber)) : null;
        return Replies.Bare(page.Answer(data, total, next));
    }

    private static async Task<IResult> List(Guid id, OffsetPage page, string? run, DeploymentQueries deployments, RecordQueries records, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { } row)
        {
            return Problems.From(Refusal.NotFound("The deployment"));
        }

        var status = QueryText.Name<DeviceRecordStatus>(http.Request.Query, "status");
        int? batch = http.Request.Query.ContainsKey("batchNumber") ? QueryText.Integer(http.Request.Query, "batchNumber", 1, int.MaxValue, 1) : null;
        if (RunOf(row, run) is not { } number)
        {
            return Problems.From(Refusal.Invalid("run must be rollout or rollback.", "run"));
        }

        if (row.Stage == Stage.Draft)
        {
            return Replies.Bare(page.Answer<DeviceRecord>([], 0, null));
        }

        var after = Cursors.Decode<RecordPosition>(page.Cursor)?.Ordinal ?? -1;
        var (data, last, total) = await records.List(
            row, number, new RecordFilter(status, batch, Searches.Pattern(http.Request.Query)), page.Limit, page.Cursor is null ? page.Offset : 0, after);
        return Replies.Bare(page.Answer(data, total, data.Count == page.Limit ? Cursors.Encode(new RecordPosition(last)) : null));
    }

    private static async Task<IResult> Get(Guid id, Guid deviceId, string? run, DeploymentQueries deployments, RecordQueries records, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { Stage: not Stage.Draft } row
            || RunOf(row, run) is not { } number
            || await records.Find(row, number, new DeviceId(deviceId)) is not { } record)
        {
            return Problems.From(Refusal.NotFound("The device's record"));
        }

        return Replies.Ok(record);
    }

    private static async Task<IResult> Failures(Guid id, string? run, DeploymentQueries deployments, RecordQueries records, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { } row)
        {
            return Problems.From(Refusal.NotFound("The deployment"));
        }

        return RunOf(row, run) is { } number
            ? Replies.Ok(await records.Failures(row, number))
            : Problems.From(Refusal.Invalid("run must be rollout or rollback.", "run"));
    }

    private static async Task<IResult> Retry(
        Guid id, Guid deviceId, DeploymentQueries deployments, RecordQueries records, IGrainFactory grains, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { } row)
        {
            return Problems.From(Refusal.NotFound("The deployment"));
        }

        if (Lifecycle.Apply(row.Stage, DeploymentCommand.RetryDevice).Refusal is { } notNow)
        {
            return Problems.From(notNow);
        }

        var device = new DeviceId(deviceId);
        var places = await records.Ordinals(row, [device]);
        if (!places.TryGetValue(device, out var ordinal))
        {
            return Problems.From(Refusal.NotFound("The device's record"));
        }

        var outcomes = await grains.GetGrain<IDeploymentGrain>(id).Retry([ordinal], http.Caller());
        if ((outcomes.Refusal ?? outcomes.Value![0].Refusal) is { } refusal)
        {
            return Problems.From(refusal);
        }

        return Replies.Ok(await records.Find(row, row.Run, device));
    }

    private static async Task<IResult> RetryMany(
        Guid id, RetryManyBody body, DeploymentQueries deployments, RecordQueries records, IGrainFactory grains, HttpContext http)
    {
        if (await deployments.FindRow(http.Caller().Scope, new DeploymentId(id)) is not { } row)
        {
            return Problems.From(Refusal.NotFound("The deployment"));
        }

        if ((Check(body) ?? Lifecycle.Apply(row.Stage, DeploymentCommand.RetryDevice).Refusal) is { } refusal)
        {
            return Problems.From(refusal);
        }

        var devices = body.DeviceIds?.Select(d => new DeviceId(d)).Distinct().ToList();
        var places = devices is null
            ? await records.OrdinalsOfFailure(row, body.FailureKey!, MostRetried)
            : await records.Ordinals(row, devices);
        var outcomes = await grains.GetGrain<IDeploymentGrain>(id).Retry([.. places.Values], http.Caller());
        if (outcomes.Refusal is { } refused)
        {
            return Problems.From(refused);
        }

        var byOrdinal = places.ToDictionary(p => p.Value, p => p.Key.Value);
        var answer = new RetriedMany(
            [.. outcomes.Value!.Where(o => o.Refusal is null).Select(o => byOrdinal[o.Ordinal])],
            [
                .. outcomes.Value!.Where(o => o.Refusal is not null).Select(o => new RefusedRetry(byOrdinal[o.Ordinal], o.Refusal!.Message)),
                .. (devices ?? []).Where(d => !places.ContainsKey(d)).Select(d => new RefusedRetry(d.Value, "The device is not among the targets.")),
            ]);
        return Replies.Ok(answer);
    }

    private static async Task<IResult> OfDevice(Guid id, NumberedPage page, DeviceQueries devices, DeploymentQueries deployments, HttpContext http)
    {
        if ((await devices.Get(http.Caller().Scope, id)).Refusal is { } missing)
        {
            return Problems.From(missing);
        }

        var (rows, total) = await deployments.OfDevice(http.Caller().Scope, new DeviceId(id), page.Limit, page.Offset);
        return Replies.Bare(page.Answer(
            [.. rows.Select(row => new DeviceDeployment(row.Id.Value, row.Name, row.Type, Display.Status(row.Stage, default, true), row.CreatedAt))],
            total,
            null));
    }

    private static Refusal? Check(RetryManyBody body) => (body.DeviceIds, body.FailureKey) switch
    {
        (null, null) => Refusal.Invalid("deviceIds or failureKey is required.", "deviceIds"),
        (not null, not null) => Refusal.Invalid("Give deviceIds or failureKey, not both.", "failureKey"),
        ({ Count: 0 or > MostRetried }, _) => Refusal.Invalid($"deviceIds must name 1 to {MostRetried} devices.", "deviceIds"),
        _ => null,
    };

    private static int? RunOf(DeploymentRow row, string? run) => run switch
    {
        null => row.Run,
        "rollout" => 1,
        "rollback" => 2,
        _ => null,
    };

    private sealed record RecordPosition(int Ordinal);

    private sealed record BatchPosition(int BatchNumber);
}
