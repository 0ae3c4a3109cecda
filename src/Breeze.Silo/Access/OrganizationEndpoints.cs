using System.Data.Common;
using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access;

/// <summary>Where a page of organizations ended.</summary>
internal sealed record OrganizationPosition(Guid Id);

internal static class OrganizationEndpoints
{
    private static readonly Organization Example = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000002"),
        Guid.Parse("0198f6a0-0000-7000-8000-000000000001"),
        "Contoso Dental",
        new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    public static void MapOrganizations(this RouteGroupBuilder api)
    {
        var organizations = api.MapGroup("/organizations").WithTags("Organizations");
        organizations.MapGet("/", List).RequireRight(Right.ViewOrganizations).Document(
            "List organizations", "The organizations that the key reaches, newest first.",
            new PagedList<Organization>([Example], new(1, 50, 1), null));
        organizations.MapPost("/", Create).RequireRight(Right.ManageOrganizations).Audited("organization.create", "organization").Document(
            "Create an organization",
            "Makes a customer under a partner: the one named, the key's own, or the installation's first. 400 naming partnerId when the key does not reach it.",
            new Single<Organization>(Example), new CreateOrganization(Example.Name), StatusCodes.Status201Created);
        organizations.MapGet("/{id}", Get).RequireRight(Right.ViewOrganizations).Document(
            "Get an organization", "One organization; 404 when it is unknown or out of the key's reach.", new Single<Organization>(Example));
        organizations.MapPut("/{id}", Rename).RequireRight(Right.ManageOrganizations).Audited("organization.update", "organization").Document(
            "Rename an organization", "Gives the organization another name.",
            new Single<Organization>(Example), new UpdateOrganization(Example.Name));
        organizations.MapDelete("/{id}", Delete).RequireRight(Right.ManageOrganizations).Audited("organization.delete", "organization").Document(
            "Delete an organization",
            "Removes an organization that has nothing left in it, and revokes its keys. 400 while it has sites or anything else. Its audit log stays.",
            new Single<Organization>(Example));
    }

    private static async Task<IResult> List(NumberedPage page, Caller caller, TenantStore store, CancellationToken cancel)
    {
        var after = Cursors.Decode<OrganizationPosition>(page.Cursor)?.Id;
        var (rows, total) = await store.Organizations(caller.Scope, after, page.Offset, page.Limit, cancel);
        return Replies.Bare(page.Answer(rows, total, rows.Count == page.Limit ? Cursors.Encode(new OrganizationPosition(rows[^1].Id)) : null));
    }

    private static async Task<IResult> Get(Guid id, Caller caller, TenantStore store, CancellationToken cancel) =>
        await store.Organization(caller.Scope, id, cancel) is { } organization ? Replies.Ok(organization) : NotFound();

    private static async Task<IResult> Create(
        CreateOrganization body, Caller caller, TenantStore store, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (Names.Fault(body.Name) is { } fault)
        {
            return Problems.From(fault);
        }

        if (await PartnerFor(body.PartnerId, caller, store, cancel) is not { } partnerId)
        {
            return Problems.From(Refusal.Invalid("partnerId names no partner that this key reaches.", "partnerId"));
        }

        var now = clock.GetUtcNow();
        var organization = new Organization(Guid.CreateVersion7(now), partnerId, body.Name, now);
        await database.Write(
            async tx =>
            {
                await TenantStore.Add(tx, organization);
                await Log(tx, caller, now, "organization.create", organization.Id, new { organization.Name, organization.PartnerId });
                return true;
            },
            cancel);
        return Replies.Created($"/api/v1/organizations/{organization.Id}", organization);
    }

    private static async Task<Guid?> PartnerFor(Guid? named, Caller caller, TenantStore store, CancellationToken cancel) => caller.Scope.Kind switch
    {
        ScopeKind.Partner => named is null || named == caller.Scope.Id ? caller.Scope.Id : null,
        _ when named is null => await store.FirstPartner(cancel),
        _ => (await store.Partner(named.Value, cancel))?.Id,
    };

    private static async Task<IResult> Rename(
        Guid id, UpdateOrganization body, Caller caller, TenantStore store, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (Names.Fault(body.Name) is { } fault)
        {
            return Problems.From(fault);
        }

        var renamed = await database.Write(
            async tx =>
            {
                var found = await TenantStore.RenameOrganization(tx, caller.Scope, id, body.Name);
                if (found)
                {
                    await Log(tx, caller, clock.GetUtcNow(), "organization.update", id, new { body.Name });
                }

                return found;
            },
            cancel);
        return renamed ? await Get(id, caller, store, cancel) : NotFound();
    }

    private static async Task<IResult> Delete(
        Guid id, Caller caller, TenantStore store, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (await store.Organization(caller.Scope, id, cancel) is not { } organization)
        {
            return NotFound();
        }

        try
        {
            await database.Write(
                async tx =>
                {
                    var now = clock.GetUtcNow();
                    if (await TenantStore.DeleteOrganization(tx, caller.Scope, id))
                    {
                        await TenantStore.RevokeKeysOf(tx, ScopeKind.Org, id, now);
                        await Log(tx, caller, now, "organization.delete", id, new { organization.Name });
                    }

                    return true;
                },
                cancel);
            return Replies.Ok(organization);
        }
        catch (Exception e) when (StorageErrors.IsForeignKeyViolation(e))
        {
            return Problems.From(Refusal.Invalid("The organization cannot be deleted while it has sites, devices or anything else."));
        }
    }

    private static IResult NotFound() => Problems.From(Refusal.NotFound("The organization"));

    private static Task Log(DbTransaction tx, Caller caller, DateTimeOffset now, string action, Guid id, object details) =>
        Audit.Write(tx, new(AuditChain.Org(new(id)), now, AuditActor.Of(caller), action, "organization", id.ToString(), Details: details));
}
