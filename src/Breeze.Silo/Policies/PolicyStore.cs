using System.Data.Common;
using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Reads and writes policies themselves; their features and assignments have stores of their own.</summary>
internal sealed class PolicyStore(IDatabase database, TimeProvider clock)
{
    private const int LongestDescription = 2000;

    public Task<Answer<PagedList<ConfigurationPolicy>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        database.Read<Answer<PagedList<ConfigurationPolicy>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal)
            {
                return refusal;
            }

            return await Narrowed(scope, wanted.OrgId).Named(wanted.Part).Read<PolicyRow, ConfigurationPolicy, PolicyPosition>(c, page, rows => Show(c, rows), r => new PolicyPosition(r.Id));
        });

    /// <summary>The list from before configuration policies: those with patch settings.</summary>
    public Task<Answer<PagedList<LegacyPatchPolicy>>> ListLegacy(OrgScope scope, Guid? orgId, NumberedPage page) =>
        database.Read<Answer<PagedList<LegacyPatchPolicy>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            var list = Narrowed(scope, orgId).Where("exists (select 1 from policy_features f where f.policy_id = p.id and f.feature_type = 'patch')");
            return await list.Read<PolicyRow, LegacyPatchPolicy, LegacyPosition>(
                c,
                page,
                async rows =>
                [
                    .. (await Show(c, rows)).Select(p => new LegacyPatchPolicy(
                        p.Id, p.OrgId, p.PartnerId, p.Name, p.Description, p.Features[0].InlineSettings, p.CreatedAt, p.UpdatedAt)),
                ],
                r => new LegacyPosition(r.Id));
        });

    public Task<Answer<Versioned<ConfigurationPolicy>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<ConfigurationPolicy>>>(async c =>
        await PolicyRow.Find(c, scope, id) is { } row ? await Shown(c, row) : Refusal.NotFound("The policy"));

    public Task<Answer<Versioned<ConfigurationPolicy>>> Create(Caller caller, ConfigurationPolicyBody body) =>
        database.Write<Answer<Versioned<ConfigurationPolicy>>>(async tx =>
        {
            var owner = await Owner(tx, caller.Scope, body);
            if ((owner.Refusal ?? Refuse(body)) is { } refusal)
            {
                return refusal;
            }

            var now = clock.GetUtcNow();
            var row = new PolicyRow
            {
                Id = Guid.CreateVersion7(now),
                OrgId = owner.Value.Org,
                PartnerId = owner.Value.Partner,
                Name = body.Name!.Trim(),
                Description = body.Description,
                CreatedBy = caller.Name,
                CreatedAt = now,
                UpdatedAt = now,
                Version = 1,
            };
            await tx.Connection!.ExecuteAsync(
                """
                insert into configuration_policies (id, org_id, partner_id, name, description, created_by, created_at, updated_at)
                values (@Id, @OrgId, @PartnerId, @Name, @Description, @CreatedBy, @CreatedAt, @UpdatedAt)
                """,
                row,
                tx);
            await Audit.Write(tx, Line(row, caller, now, "create", new { row.Name, row.Description }));
            return await Shown(tx, row);
        });

    public Task<Answer<Versioned<ConfigurationPolicy>>> Update(Caller caller, Guid id, long? version, ConfigurationPolicyBody body) =>
        database.Write<Answer<Versioned<ConfigurationPolicy>>>(async tx =>
        {
            if (Refuse(body) is { } invalid)
            {
                return invalid;
            }

            var now = clock.GetUtcNow();
            var held = await Hold(tx, caller.Scope, id, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            var row = held.Value!;
            if ((body.OrgId is { } org && org != row.OrgId?.Value) || (body.PartnerId is { } partner && partner != row.PartnerId?.Value))
            {
                throw new RefusedException(Refusal.Invalid("orgId and partnerId cannot be changed.", body.OrgId is null ? "partnerId" : "orgId"));
            }

            await tx.Connection!.ExecuteAsync(
                "update configuration_policies set name = @name, description = @Description where id = @id", new { name = body.Name!.Trim(), body.Description, id }, tx);
            await Audit.Write(tx, Line(row, caller, now, "update", new { body.Name, body.Description }));
            return await Shown(tx, (await PolicyRow.Find(tx, caller.Scope, id))!);
        });

    /// <summary>Deletes a policy with its features and assignments. Jobs that it made go on.</summary>
    public Task<Answer<Versioned<ConfigurationPolicy>>> Delete(Caller caller, Guid id, long? version) =>
        database.Write<Answer<Versioned<ConfigurationPolicy>>>(async tx =>
        {
            var now = clock.GetUtcNow();
            var held = await Hold(tx, caller.Scope, id, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            var shown = await Shown(tx, held.Value!);
            var orgs = await PolicyReach.OrgWide(tx, id);
            await tx.Connection!.ExecuteAsync("delete from policy_occurrences where policy_id = @id", new { id }, tx);
            await tx.Connection!.ExecuteAsync("delete from configuration_policies where id = @id", new { id }, tx);
            // Another policy may speak for the organizations now.
            await AutoApprovals.OnChanged(tx, orgs, now);
            await Audit.Write(tx, Line(held.Value!, caller, now, "delete", new { held.Value!.Name }));
            return shown;
        });

    /// <summary>Locks a policy for a change of it, of its features or of its assignments: its version grows, and with it its <c>ETag</c>.</summary>
    /// <param name="version">What the caller insists on; null for any.</param>
    public static async Task<Answer<PolicyRow>> Hold(DbTransaction tx, OrgScope scope, Guid id, long? version, DateTimeOffset now)
    {
        if (await PolicyRow.Find(tx, scope, id) is null)
        {
            return Refusal.NotFound("The policy");
        }

        var changed = await tx.Connection!.ExecuteAsync(
            "update configuration_policies set version = version + 1, updated_at = @now where id = @id" + Fence.Sql(version), new { id, version, now }, tx);
        return changed == 0 ? EntityTags.Mismatch("The policy") : (await PolicyRow.Find(tx, scope, id))!;
    }

    public static AuditEntry Line(PolicyRow row, Caller caller, DateTimeOffset now, string action, object details) =>
        new(row.Chain, now, AuditActor.Of(caller), $"policy.{action}", "policy", row.Id.ToString(), Details: details);

    private static NewestFirst Narrowed(OrgScope scope, Guid? orgId)
    {
        var list = new NewestFirst(PolicyRow.Columns, "configuration_policies p", "p").Where(PolicyRow.Within(scope), new { scopeId = scope.Id });
        return orgId is null ? list : list.Where("p.org_id = @orgId", new { orgId });
    }

    private static async Task<IReadOnlyList<ConfigurationPolicy>> Show(SqlSource source, IReadOnlyList<PolicyRow> rows)
    {
        var features = await FeatureRow.Of(source, rows.Select(r => r.Id));
        return [.. rows.Select(r => r.Shown(features[r.Id]))];
    }

    private static async Task<Versioned<ConfigurationPolicy>> Shown(SqlSource source, PolicyRow row) =>
        new((await Show(source, [row]))[0], row.Version);

    /// <summary>Whose it will be; a partner that is unknown or out of reach is refused like an organization that is.</summary>
    private static async Task<Answer<(OrgId? Org, PartnerId? Partner)>> Owner(SqlSource source, OrgScope scope, ConfigurationPolicyBody body)
    {
        if (body.PartnerId is not { } partner)
        {
            var org = await OrgChoice.Choose(source, scope, body.OrgId);
            return org.Refusal is { } foreign ? foreign : ((OrgId?, PartnerId?))(org.Value, null);
        }

        var mine = scope.Kind switch { ScopeKind.System => "1 = 1", ScopeKind.Partner => "p.id = @scopeId", _ => "1 = 0" };
        var found = await source.First<PartnerId?>($"select p.id from partners p where p.id = @partner and {mine}", new { partner, scopeId = scope.Id });
        return found is null ? new Refusal(RefusalKind.Forbidden, "partnerId names no partner that this key may use.", "partnerId")
            : body.OrgId is not null ? Refusal.Invalid("A policy belongs to an organization or to a partner: give orgId or partnerId.", "partnerId")
            : ((OrgId?, PartnerId?))(null, found);
    }

    private static Refusal? Refuse(ConfigurationPolicyBody body) =>
        DeviceTexts.Name(body.Name).Refusal
        ?? (body.Description is { } text && (text.Length > LongestDescription || !JsonText.IsStorable(text))
            ? Refusal.Invalid($"description must have at most {LongestDescription} characters that can be stored.", "description")
            : null);

    private sealed record PolicyPosition(Guid Id) : ListPosition(Id);

    private sealed record LegacyPosition(Guid Id) : ListPosition(Id);
}
