using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access;

/// <summary>Where a page of partners ended.</summary>
internal sealed record PartnerPosition(Guid Id);

internal static class PartnerEndpoints
{
    private static readonly Partner Example = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000001"), "Northwind IT", new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    public static void MapPartners(this RouteGroupBuilder api)
    {
        var partners = api.MapGroup("/partners").WithTags("Partners");
        partners.MapGet("/", List).RequireRight(Right.ManagePartners).Document(
            "List partners", "All partners of the installation, newest first. System admins only.",
            new PagedList<Partner>([Example], new(1, 50, 1), null));
        partners.MapPost("/", Create).RequireRight(Right.ManagePartners).Audited("partner.create", "partner").Document(
            "Create a partner", "Makes a managed service provider, to which organizations can belong.",
            new Single<Partner>(Example), new PartnerRequest(Example.Name), StatusCodes.Status201Created);
        partners.MapGet("/{id}", Get).RequireRight(Right.ManagePartners).Document(
            "Get a partner", "One partner; 404 when there is none with this id.", new Single<Partner>(Example));
        partners.MapPut("/{id}", Rename).RequireRight(Right.ManagePartners).Audited("partner.update", "partner").Document(
            "Rename a partner", "Gives the partner another name.", new Single<Partner>(Example), new PartnerRequest(Example.Name));
        partners.MapDelete("/{id}", Delete).RequireRight(Right.ManagePartners).Audited("partner.delete", "partner").Document(
            "Delete a partner", "Removes a partner without organizations, and revokes its keys. 400 while it has any.",
            new Single<Partner>(Example));
    }

    private static async Task<IResult> List(NumberedPage page, TenantStore store, CancellationToken cancel)
    {
        var after = Cursors.Decode<PartnerPosition>(page.Cursor)?.Id;
        var (rows, total) = await store.Partners(after, page.Offset, page.Limit, cancel);
        return Replies.Bare(page.Answer(rows, total, rows.Count == page.Limit ? Cursors.Encode(new PartnerPosition(rows[^1].Id)) : null));
    }

    private static async Task<IResult> Get(Guid id, TenantStore store, CancellationToken cancel) =>
        await store.Partner(id, cancel) is { } partner ? Replies.Ok(partner) : Problems.From(Refusal.NotFound("The partner"));

    private static async Task<IResult> Create(
        PartnerRequest body, Caller caller, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (Names.Fault(body.Name) is { } fault)
        {
            return Problems.From(fault);
        }

        var now = clock.GetUtcNow();
        var partner = new Partner(Guid.CreateVersion7(now), body.Name, now);
        await database.Write(
            async tx =>
            {
                await TenantStore.Add(tx, partner);
                await Log(tx, caller, now, "partner.create", partner.Id, new { partner.Name });
                return true;
            },
            cancel);
        return Replies.Created($"/api/v1/partners/{partner.Id}", partner);
    }

    private static async Task<IResult> Rename(
        Guid id, PartnerRequest body, Caller caller, TenantStore store, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (Names.Fault(body.Name) is { } fault)
        {
            return Problems.From(fault);
        }

        var renamed = await database.Write(
            async tx =>
            {
                var found = await TenantStore.RenamePartner(tx, id, body.Name);
                if (found)
                {
                    await Log(tx, caller, clock.GetUtcNow(), "partner.update", id, new { body.Name });
                }

                return found;
            },
            cancel);
        return renamed ? await Get(id, store, cancel) : Problems.From(Refusal.NotFound("The partner"));
    }

    private static async Task<IResult> Delete(
        Guid id, Caller caller, TenantStore store, IDatabase database, TimeProvider clock, CancellationToken cancel)
    {
        if (await store.Partner(id, cancel) is not { } partner)
        {
            return Problems.From(Refusal.NotFound("The partner"));
        }

        try
        {
            await database.Write(
                async tx =>
                {
                    var now = clock.GetUtcNow();
                    if (await TenantStore.DeletePartner(tx, id))
                    {
                        await TenantStore.RevokeKeysOf(tx, ScopeKind.Partner, id, now);
                        await Log(tx, caller, now, "partner.delete", id, new { partner.Name });
                    }

                    return true;
                },
                cancel);
            return Replies.Ok(partner);
        }
        catch (Exception e) when (StorageErrors.IsForeignKeyViolation(e))
        {
            return Problems.From(Refusal.Invalid("The partner cannot be deleted while it has organizations."));
        }
    }

    private static Task Log(System.Data.Common.DbTransaction tx, Caller caller, DateTimeOffset now, string action, Guid id, object details) =>
        Audit.Write(tx, new(AuditChain.Partner(new(id)), now, AuditActor.Of(caller), action, "partner", id.ToString(), Details: details));
}
