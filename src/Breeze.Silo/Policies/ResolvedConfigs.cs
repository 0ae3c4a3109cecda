using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Policies;

/// <summary>Answers which patch settings a device obeys.</summary>
internal sealed class ResolvedConfigs(IDatabase database, EffectivePolicies policies)
{
    public Task<Answer<ResolvedPatchConfig>> Resolve(OrgScope scope, Guid policy, Guid device) => database.Read<Answer<ResolvedPatchConfig>>(async c =>
    {
        if (await PolicyRow.Find(c, scope, policy) is null)
        {
            return Refusal.NotFound("The policy");
        }

        var org = await c.QueryFirstOrDefaultAsync<OrgId?>(
            $"select d.org_id from devices d where d.id = @device and {scope.Sql("d.org_id")}", new { device, scopeId = scope.Id });
        if (org is null)
        {
            return Refusal.NotFound("The device");
        }

        var id = new DeviceId(device);
        var effective = (await policies.Of(c, org.Value, [id])).GetValueOrDefault(id);
        return new ResolvedPatchConfig(policy, device, effective?.PolicyId == policy, effective is null ? null : new EffectivePatchConfig(
            effective.PolicyId,
            PatchSettingsText.ToBody(effective.Settings),
            new WinningAssignment(effective.Level, effective.TargetId, effective.Priority),
            effective.TimeZone));
    });
}
