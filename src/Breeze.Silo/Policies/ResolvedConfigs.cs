using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>Answers which patch settings a device obeys.</summary>
internal sealed class ResolvedConfigs(IDatabase database, EffectivePolicies policies)
{
    private const int MostCandidates = 100;

    public Task<Answer<ResolvedPatchConfig>> Resolve(OrgScope scope, Guid policy, Guid device) => database.Read<Answer<ResolvedPatchConfig>>(async c =>
    {
        if (await PolicyRow.Find(c, scope, policy) is null)
        {
            return Refusal.NotFound("The policy");
        }

        if (await OrgOf(c, scope, device) is not { } org)
        {
            return Refusal.NotFound("The device");
        }

        var id = new DeviceId(device);
        var effective = (await policies.Of(c, org, [id])).GetValueOrDefault(id);
        return new ResolvedPatchConfig(policy, device, effective?.PolicyId == policy, Shown(effective));
    });

    /// <summary>What a device obeys, and everything that it would obey in its place.</summary>
    public Task<Answer<DevicePatchConfig>> Of(OrgScope scope, Guid device) => database.Read<Answer<DevicePatchConfig>>(async c =>
    {
        if (await OrgOf(c, scope, device) is not { } org)
        {
            return Refusal.NotFound("The device");
        }

        var id = new DeviceId(device);
        var effective = (await policies.Of(c, org, [id])).GetValueOrDefault(id);
        var reaching = await policies.Reaching(c, org, id, MostCandidates);
        return new DevicePatchConfig(device, Shown(effective), [.. reaching.Select(p => new PolicyCandidate(
            p.PolicyId, p.Name, p.Level, p.TargetId, p.TargetName, p.Priority, p.AssignmentId == effective?.AssignmentId))]);
    });

    private static Task<OrgId?> OrgOf(SqlSource source, OrgScope scope, Guid device) => source.First<OrgId?>(
        $"select d.org_id from devices d where d.id = @device and {scope.Sql("d.org_id")}", new { device, scopeId = scope.Id });

    private static EffectivePatchConfig? Shown(EffectivePolicy? effective) => effective is null ? null : new EffectivePatchConfig(
        effective.PolicyId,
        PatchSettingsText.ToBody(effective.Settings),
        new WinningAssignment(effective.Level, effective.TargetId, effective.Priority),
        effective.TimeZone);
}
