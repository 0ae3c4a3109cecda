using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>What operators see and do of a device's commands and credential: under <c>/api/v1/devices/:id</c>.</summary>
internal static class DeviceCommandEndpoints
{
    private const string Columns =
        "id, type, attempt, state, outcome, exit_code, duration_ms, late, created_at, sent_at, accepted_at, ended_at, output, error, data";

    // Output may be 64 KiB a row: a list does without.
    private const string ListColumns =
        "id, type, attempt, state, outcome, exit_code, duration_ms, late, created_at, sent_at, accepted_at, ended_at";

    public static void MapDeviceCommands(this RouteGroupBuilder api)
    {
        var device = api.MapGroup("/devices/{id}").WithTags("Devices");
        device.MapGet("/commands", List).RequireRight(Right.ViewFleet)
            .WithSummary("A device's commands, newest first.");
        device.MapGet("/commands/{commandId}", Get).RequireRight(Right.ViewFleet)
            .WithSummary("One command with its output.");
        device.MapPost("/revoke-credential", Revoke).RequireRight(Right.DecommissionDevices)
            .Audited("device.revoke_credential", "device")
            .WithSummary("Revoke the device's credential and end its connection. A repeat changes nothing.");
    }

    private static async Task<IResult> List(Guid id, NumberedPage page, HttpContext http, IDatabase database)
    {
        var scope = http.Caller().Scope;
        var after = Cursors.Decode<CommandPosition>(page.Cursor);
        var place = after is null ? "" : " and id < @after";
        return await database.Read(async connection =>
        {
            if (!await IsVisible(connection, scope, id))
            {
                return Problems.From(Refusal.NotFound("The device"));
            }

            var total = await connection.ExecuteScalarAsync<long>("select count(*) from device_commands where device_id = @id", new { id });
            var rows = (await connection.QueryAsync<CommandRow>(
                $"select {ListColumns} from device_commands where device_id = @id{place} order by id desc limit @limit offset @offset",
                new { id, after = after?.Id, limit = page.Limit + 1, offset = page.Offset })).AsList();
            var next = rows.Count > page.Limit ? Cursors.Encode(new CommandPosition(rows[page.Limit - 1].Id)) : null;
            return Replies.Bare(page.Answer([.. rows.Take(page.Limit).Select(r => r.ToCommand())], total, next));
        });
    }

    private static async Task<IResult> Get(Guid id, Guid commandId, HttpContext http, IDatabase database)
    {
        var scope = http.Caller().Scope;
        return await database.Read(async connection =>
        {
            var row = await IsVisible(connection, scope, id)
                ? await connection.QuerySingleOrDefaultAsync<CommandRow>(
                    $"select {Columns} from device_commands where device_id = @id and id = @commandId", new { id, commandId })
                : null;
            return row is null ? Problems.From(Refusal.NotFound("The command")) : Replies.Ok(row.ToDetail());
        });
    }

    private static async Task<IResult> Revoke(Guid id, HttpContext http, IDatabase database, IGrainFactory grains, TimeProvider clock)
    {
        var caller = http.Caller();
        var found = await database.Write(async tx =>
        {
            var now = clock.GetUtcNow();
            var device = await tx.Connection!.QuerySingleOrDefaultAsync<HolderRow>(
                $"select org_id, token_revoked_at from devices where id = @id and {caller.Scope.Sql("org_id")}",
                new { id, scopeId = caller.Scope.Id },
                tx);
            if (device is { TokenRevokedAt: null } && await tx.Connection!.ExecuteAsync(
                "update devices set token_revoked_at = @now where id = @id and token_revoked_at is null",
                new { id, now = now.ToUnixTimeMilliseconds() },
                tx) == 1)
            {
                await Audit.Write(tx, new(
                    AuditChain.Org(new(device.OrgId)), now, AuditActor.Of(caller), "device.revoke_credential", "device", id.ToString()));
            }

            return device is not null;
        });
        if (!found)
        {
            return Problems.From(Refusal.NotFound("The device"));
        }

        await grains.GetGrain<IAgentGrain>(id).End("The device's credential was revoked.");
        return Replies.Ok(new DeviceReference(id));
    }

    private static async Task<bool> IsVisible(System.Data.Common.DbConnection connection, OrgScope scope, Guid id) =>
        await connection.ExecuteScalarAsync<int?>(
            $"select 1 from devices where id = @id and {scope.Sql("org_id")}", new { id, scopeId = scope.Id }) is not null;

    private sealed record CommandPosition(Guid Id);

    private sealed class HolderRow
    {
        public Guid OrgId { get; init; }

        public long? TokenRevokedAt { get; init; }
    }

    private sealed class CommandRow
    {
        public Guid Id { get; init; }

        public string Type { get; init; } = "";

        public int Attempt { get; init; }

        public int State { get; init; }

        public int? Outcome { get; init; }

        public int? ExitCode { get; init; }

        public long? DurationMs { get; init; }

        public bool Late { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? SentAt { get; init; }

        public DateTimeOffset? AcceptedAt { get; init; }

        public DateTimeOffset? EndedAt { get; init; }

        public string? Output { get; init; }

        public string? Error { get; init; }

        public string? Data { get; init; }

        public DeviceCommand ToCommand() => new(
            Id, Type, Attempt, (DeviceCommandState)State, (DeviceCommandOutcome?)Outcome, ExitCode, DurationMs, Late,
            CreatedAt, SentAt, AcceptedAt, EndedAt);

        public DeviceCommandDetail ToDetail() => new(
            ToCommand(), Output, Error, Data is null ? null : JsonSerializer.Deserialize<JsonElement>(Data));
    }
}
