using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access;

/// <summary>Where a page of API keys ended.</summary>
internal sealed record ApiKeyPosition(Guid Id);

internal static class ApiKeyEndpoints
{
    private static readonly ApiKey Example = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000003"), "Rollout pipeline", KeyScope.Org, null,
        Guid.Parse("0198f6a0-0000-7000-8000-000000000002"), KeyRole.Technician, "First admin",
        new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero), new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero), null, null);

    public static void MapApiKeys(this RouteGroupBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys");
        keys.MapGet("/", List).RequireRight(Right.ManageKeys)
            .Query("orgId", "The keys of one organization; 403 when it is out of reach.", Example.OrgId.ToString()).Document(
            "List API keys", "The keys of the caller's reach, revoked ones too, newest first. Their texts are not stored.",
            new PagedList<ApiKey>([Example], new(1, 50, 1), null));
        keys.MapPost("/", Create).RequireRight(Right.ManageKeys).Audited("api_key.create", "api_key")
            .WithMetadata(new OneTimeSecrets("key")).Document(
            "Create an API key",
            "Makes a key and shows its text, this once. 403 for a wider scope than the caller's own and for an orgId out of its reach; 400 for such a partnerId.",
            new Single<CreatedApiKey>(new(
                Example.Id, Example.Name, Example.Scope, null, Example.OrgId, Example.Role, Example.CreatedBy, Example.CreatedAt,
                Example.ExpiresAt, null, null, "brz_EXAMPLE-not-a-key")),
            new CreateApiKey(Example.Name, Example.Scope, Example.Role, null, Example.OrgId, Example.ExpiresAt),
            StatusCodes.Status201Created);
        keys.MapGet("/{id}", Get).RequireRight(Right.ManageKeys).Document(
            "Get an API key", "One key, without its text; 404 when it is unknown or out of reach.", new Single<ApiKey>(Example));
        keys.MapPut("/{id}", Change).RequireRight(Right.ManageKeys).Audited("api_key.update", "api_key").Document(
            "Change an API key",
            "Gives it another name and end. Its text, role and scope stay; 400 for one that was revoked. A repeat changes nothing.",
            new Single<ApiKey>(Example),
            new UpdateApiKey(Example.Name, Example.ExpiresAt));
        keys.MapDelete("/{id}", Revoke).RequireRight(Right.ManageKeys).Audited("api_key.revoke", "api_key").Document(
            "Revoke an API key", "Makes the key useless within two seconds, for good. A repeat changes nothing.", new Single<ApiKey>(Example));
    }

    private static async Task<IResult> List(
        HttpContext http, NumberedPage page, Caller caller, AccessQueries queries, ApiKeyStore store, CancellationToken cancel)
    {
        var scope = await queries.Narrow(caller, QueryText.Id(http.Request.Query, "orgId"), cancel);
        if (scope.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var after = Cursors.Decode<ApiKeyPosition>(page.Cursor)?.Id;
        var (rows, total) = await store.List(scope.Value!, after, page.Offset, page.Limit, cancel);
        var next = rows.Count == page.Limit ? Cursors.Encode(new ApiKeyPosition(rows[^1].Id)) : null;
        return Replies.Bare(page.Answer<ApiKey>([.. rows.Select(r => r.ToApiKey())], total, next));
    }

    private static async Task<IResult> Get(Guid id, Caller caller, ApiKeyStore store, CancellationToken cancel) =>
        await store.Find(caller.Scope, id, cancel) is { } row ? Replies.Ok(row.ToApiKey()) : NotFound();

    private static async Task<IResult> Create(
        CreateApiKey body, Caller caller, AccessQueries queries, TenantStore tenants, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        var scope = await ScopeOf(body, caller, queries, tenants, cancel);
        if (scope.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var now = clock.GetUtcNow();
        if ((Names.Fault(body.Name) ?? ExpiryFault(body.ExpiresAt, now)) is { } fault)
        {
            return Problems.From(fault);
        }

        var key = KeyText.New();
        var row = new ApiKeyRow
        {
            Id = Guid.CreateVersion7(now),
            Name = body.Name,
            KeyHash = KeyText.Hash(key),
            ScopeKind = (short)body.Scope,
            ScopeId = body.Scope == KeyScope.System ? null : scope.Value!.Id,
            Role = (short)body.Role,
            CreatedAt = now,
            CreatedBy = caller.Name,
            ExpiresAt = body.ExpiresAt,
        };
        await database.Write(
            async tx =>
            {
                await ApiKeyStore.Add(tx, row);
                await Audit.Write(tx, new(
                    AuditChain.Of(row.Scope), now, AuditActor.Of(caller), "api_key.create", "api_key", row.Id.ToString(),
                    Details: new { row.Name, body.Scope, body.Role, body.ExpiresAt }));
                return true;
            },
            cancel);
        return Replies.Created($"/api/v1/api-keys/{row.Id}", new CreatedApiKey(
            row.Id, row.Name, body.Scope, body.PartnerId, body.OrgId, body.Role, row.CreatedBy, now, row.ExpiresAt, null, null, key));
    }

    private static async Task<Answer<OrgScope>> ScopeOf(
        CreateApiKey body, Caller caller, AccessQueries queries, TenantStore tenants, CancellationToken cancel)
    {
        if (!Rights.MayGrant(caller, (Role)body.Role, (ScopeKind)body.Scope))
        {
            return new Refusal(RefusalKind.Forbidden, "A key cannot make one with a higher role or a wider scope than its own.");
        }

        return body switch
        {
            { Scope: KeyScope.System, PartnerId: null, OrgId: null } => OrgScope.System,
            { Scope: KeyScope.System } => Refusal.Invalid("A key of scope system takes no partnerId and no orgId.", "scope"),
            { Scope: KeyScope.Partner, OrgId: not null } => Refusal.Invalid("A key of scope partner takes no orgId.", "orgId"),
            { Scope: KeyScope.Partner, PartnerId: null } => Refusal.Invalid("partnerId is required for scope partner.", "partnerId"),
            { Scope: KeyScope.Partner, PartnerId: { } partner } => await Reaches(caller.Scope, partner, tenants, cancel)
                ? OrgScope.Partner(new(partner))
                : Refusal.Invalid("partnerId names no partner that this key reaches.", "partnerId"),
            { PartnerId: not null } => Refusal.Invalid("A key of scope org takes no partnerId.", "partnerId"),
            { OrgId: null } => Refusal.Invalid("orgId is required for scope org.", "orgId"),
            { OrgId: { } org } => await queries.Sees(caller.Scope, new(org), cancel)
                ? OrgScope.Org(new(org))
                : OrgChoice.Foreign,
        };
    }

    private static async Task<bool> Reaches(OrgScope scope, Guid partner, TenantStore tenants, CancellationToken cancel) =>
        scope.Kind == ScopeKind.System ? await tenants.Partner(partner, cancel) is not null : scope.Id == partner;

    private static Refusal? ExpiryFault(DateTimeOffset? expiresAt, DateTimeOffset now) =>
        expiresAt <= now ? Refusal.Invalid("expiresAt must not be in the past.", "expiresAt") : null;

    private static async Task<IResult> Change(
        Guid id, UpdateApiKey body, Caller caller, ApiKeyStore store, Callers callers, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if ((Names.Fault(body.Name) ?? ExpiryFault(body.ExpiresAt, now)) is { } fault)
        {
            return Problems.From(fault);
        }

        if (await store.Find(caller.Scope, id, cancel) is not { } row)
        {
            return NotFound();
        }

        if (!Rights.MayGrant(caller, (Role)row.Role, (ScopeKind)row.ScopeKind))
        {
            return Problems.From(new(RefusalKind.Forbidden, "A key cannot change one with a higher role or a wider scope than its own."));
        }

        var changed = await database.Write(
            async tx =>
            {
                var done = await ApiKeyStore.Change(tx, caller.Scope, id, body.Name, body.ExpiresAt);
                if (done)
                {
                    await Audit.Write(tx, new(
                        AuditChain.Of(row.Scope), now, AuditActor.Of(caller), "api_key.update", "api_key", id.ToString(), Details: new { body.Name, body.ExpiresAt }));
                }

                return done;
            },
            cancel);
        callers.Forget(new(id));
        return changed ? await Get(id, caller, store, cancel) : Problems.From(Refusal.Invalid("A revoked key cannot be changed.", "revokedAt"));
    }

    private static async Task<IResult> Revoke(
        Guid id, Caller caller, ApiKeyStore store, Callers callers, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (await store.Find(caller.Scope, id, cancel) is not { } row)
        {
            return NotFound();
        }

        await database.Write(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await ApiKeyStore.Revoke(tx, caller.Scope, id, now))
                {
                    await Audit.Write(tx, new(
                        AuditChain.Of(row.Scope), now, AuditActor.Of(caller), "api_key.revoke", "api_key", id.ToString(), Details: new { row.Name }));
                }

                return true;
            },
            cancel);
        callers.Forget(new(id));
        return await Get(id, caller, store, cancel);
    }

    private static IResult NotFound() => Problems.From(Refusal.NotFound("The API key"));
}
