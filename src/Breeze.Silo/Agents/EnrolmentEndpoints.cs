using System.Buffers.Text;
using System.Globalization;
using System.Security.Claims;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>How devices come in and change their credential: <c>/api/v1/agents</c>.</summary>
internal static class EnrolmentEndpoints
{
    private const int MostTags = 50;
    private const int TokenBytes = 32;

    public static void MapEnrolment(this RouteGroupBuilder api)
    {
        var agents = api.MapGroup("/agents").WithTags("Agents");
        agents.MapPost("/enroll", Enroll)
            .ShedAs(RequestClass.Arrival)
            .Public("The enrolment key in the body is the credential.")
            .WithSummary("Enrol a device with an enrolment key; 403 alike for a bad, expired, exhausted or revoked key.");
        agents.MapPost("/rotate-token", RotateToken)
            .ShedAs(RequestClass.Arrival)
            .RequireDevice()
            .WithSummary("Replace the device's own credential.");
        agents.MapPost("/command-keys/rotate", RotateCommandKey)
            .RequireRight(Right.RotateCommandKeys)
            .Audited("command_key.rotate", "command_key")
            .WithSummary("Sign commands with a new key; agents learn it when they next connect, vouched for by the one before.");
    }

    private static async Task<IResult> Enroll(
        EnrollRequest body, HttpContext http, EnrolmentStore store, FailedEnrolments failed, CommandKeys keys)
    {
        var address = http.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        if (failed.MustWait(address) is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Of(StatusCodes.Status429TooManyRequests, "Too many enrolments from this address failed; try again later.");
        }

        if (Refuse(body) is { } refusal)
        {
            return Problems.From(refusal);
        }

        if (await store.Enrol(body) is not { } device)
        {
            failed.Failed(address);
            return Problems.From(new(RefusalKind.Forbidden, "This enrolment key cannot be used."));
        }

        return Results.Json(
            new EnrollAnswer(new(device.Id, device.Key.OrgId, device.Key.SiteId, device.Token, keys.Public)),
            AgentJson.Default.EnrollAnswer,
            statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RotateToken(RotateTokenRequest body, ClaimsPrincipal user, IDatabase database)
    {
        var device = user.Identities.OfType<DeviceIdentity>().Single().Device;
        if (!IsToken(body.Token))
        {
            return Problems.From(Refusal.Invalid("token must be brd_ and 43 characters of base64url.", "token"));
        }

        try
        {
            await database.Write(tx => tx.Connection!.ExecuteAsync(
                "update devices set token_hash = @hash where id = @id and token_revoked_at is null and decommissioned_at is null",
                new { hash = DeviceToken.Hash(body.Token), id = device.Value },
                tx));
        }
        catch (Exception error) when (StorageErrors.IsUniqueViolation(error))
        {
            return Problems.From(Refusal.Invalid("token is in use.", "token"));
        }

        return Replies.Ok(new DeviceReference(device.Value));
    }

    private static async Task<IResult> RotateCommandKey(HttpContext http, IDatabase database, CommandKeys keys, TimeProvider clock)
    {
        var caller = http.Caller();

        keys.Refresh();
        if (!await database.Write(tx => CommandKeyRegister.Add(tx, keys.Public, clock.GetUtcNow())))
        {
            return Problems.From(Refusal.Invalid("This silo's command key file does not hold the newest key; nothing was changed. All silos share one file."));
        }

        // First the key, then its line: if the line fails the key stays, used and vouched for, and the caller asks again.
        if (await TryRotate(keys, http.RequestAborted) is not { } added)
        {
            return Problems.From(Refusal.Invalid(
                "This silo cannot write its command key file; nothing was changed. A file that is handed to the silos gets its keys where it is kept."));
        }

        await database.Write(async tx =>
        {
            await CommandKeyRegister.Add(tx, keys.Public, clock.GetUtcNow());
            await Audit.Write(tx, new(
                AuditChain.Installation, clock.GetUtcNow(), AuditActor.Of(caller), "command_key.rotate", "command_key", added.Id, Details: new { added.SignedBy }));
            return true;
        });
        return Replies.Ok(added);
    }

    private static async Task<CommandKey?> TryRotate(CommandKeys keys, CancellationToken cancel)
    {
        try
        {
            return await keys.Rotate(cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsToken(string? token) =>
        token is { Length: 47 } && token.StartsWith(DeviceToken.Prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(token.AsSpan(DeviceToken.Prefix.Length), out var bytes) && bytes == TokenBytes;

    private static Refusal? Refuse(EnrollRequest body)
    {
        if (string.IsNullOrEmpty(body.EnrollmentKey) || body.EnrollmentKey.Length > 200)
        {
            return Refusal.Invalid("enrollmentKey must be given.", "enrollmentKey");
        }

        if (!Hostnames.IsValid(body.Hostname))
        {
            return Refusal.Invalid("hostname must have 1 to 255 characters.", "hostname");
        }

        foreach (var (name, text, most) in new[]
        {
            ("osVersion", body.OsVersion, 255), ("architecture", body.Architecture, 64), ("agentVersion", body.AgentVersion, 64),
        })
        {
            if (text is not { Length: > 0 } || text.Length > most || !JsonText.IsStorable(text))
            {
                return Refusal.Invalid($"{name} must have 1 to {most} characters.", name);
            }
        }

        return body.Tags is { } tags && (tags.Count > MostTags || tags.Any(t => t is not { Length: >= 1 and <= 64 } || !JsonText.IsStorable(t)))
            ? Refusal.Invalid($"tags must be at most {MostTags} of 1 to 64 characters.", "tags")
            : null;
    }
}
