using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Reads and writes a policy's features: each is set whole, and takes effect with the commit.</summary>
internal sealed class FeatureStore(IDatabase database, TimeProvider clock)
{
    public Task<Answer<PagedList<PolicyFeature>>> List(OrgScope scope, Guid policy, NumberedPage page) =>
        database.Read<Answer<PagedList<PolicyFeature>>>(async c =>
        {
            if (await PolicyRow.Find(c, scope, policy) is null)
            {
                return Refusal.NotFound("The policy");
            }

            // One a type, so there is never a second page.
            var features = (await FeatureRow.Of(c, [policy]))[policy].Select(f => f.Shown).ToList();
            return page.Answer(page.Offset == 0 ? features : [], features.Count, null);
        });

    public Task<Answer<Versioned<PolicyFeature>>> Set(Caller caller, Guid policy, long? version, PolicyFeatureBody body) =>
        database.Write<Answer<Versioned<PolicyFeature>>>(async tx =>
        {
            var settings = Read(body);
            if (settings.Refusal is { } invalid)
            {
                return invalid;
            }

            var now = clock.GetUtcNow();
            var held = await PolicyStore.Hold(tx, caller.Scope, policy, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            var before = await FeatureRow.Find(tx, policy, FeatureRow.Patch);
            var row = new FeatureRow
            {
                PolicyId = policy,
                FeatureType = FeatureRow.Patch,
                Settings = PatchSettingsText.Write(settings.Value!),
                CreatedAt = before?.CreatedAt ?? now,
                UpdatedAt = now,
            };
            await tx.Connection!.ExecuteAsync(
                """
                insert into policy_features (policy_id, feature_type, settings, created_at, updated_at)
                values (@PolicyId, @FeatureType, @Settings, @CreatedAt, @UpdatedAt)
                on conflict (policy_id, feature_type) do update set settings = excluded.settings, updated_at = excluded.updated_at
                """,
                row,
                tx);
            if (before?.Parsed.Schedule != settings.Value!.Schedule)
            {
                await PolicyOccurrences.Forget(tx, policy, now);
            }

            await PolicyOccurrences.Plan(tx, policy, now);
            await AutoApprovals.OnChanged(tx, await PolicyReach.OrgWide(tx, policy), now);
            await Audit.Write(tx, PolicyStore.Line(held.Value!, caller, now, "set_feature", new { row.FeatureType, settings = PatchSettingsText.ToBody(settings.Value!) }));
            return new Versioned<PolicyFeature>(row.Shown, held.Value!.Version);
        });

    public Task<Answer<Versioned<PolicyFeature>>> Remove(Caller caller, Guid policy, string featureType, long? version) =>
        database.Write<Answer<Versioned<PolicyFeature>>>(async tx =>
        {
            if (await PolicyRow.Find(tx, caller.Scope, policy) is null)
            {
                return Refusal.NotFound("The policy");
            }

            if (await FeatureRow.Find(tx, policy, featureType) is not { } row)
            {
                return Refusal.NotFound("The feature");
            }

            var now = clock.GetUtcNow();
            var held = await PolicyStore.Hold(tx, caller.Scope, policy, version, now);
            if (held.Refusal is { } refusal)
            {
                return refusal;
            }

            await tx.Connection!.ExecuteAsync("delete from policy_features where policy_id = @policy and feature_type = @featureType", new { policy, featureType }, tx);
            await PolicyOccurrences.Plan(tx, policy, now);
            // Another policy may speak for the organizations now.
            await AutoApprovals.OnChanged(tx, await PolicyReach.OrgWide(tx, policy), now);
            await Audit.Write(tx, PolicyStore.Line(held.Value!, caller, now, "remove_feature", new { row.FeatureType }));
            return new Versioned<PolicyFeature>(row.Shown, held.Value!.Version);
        });

    private static Answer<PatchSettings> Read(PolicyFeatureBody body) =>
        body.FeatureType != FeatureRow.Patch ? Refusal.Invalid("featureType must be patch.", "featureType")
        : body.InlineSettings is not { } settings ? Refusal.Invalid("inlineSettings is required.", "inlineSettings")
        : PatchSettingsText.Parse(settings);
}
