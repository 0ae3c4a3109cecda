using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>The patch policy that speaks for an organization as a whole: the winner among those assigned to it or to its partner.</summary>
internal sealed record OrgWidePolicy(OrgId Org, Guid PolicyId, string Name, Guid AssignmentId, PolicyLevel Level, Guid TargetId, PatchSettings Settings);

internal static class OrgWidePolicies
{
    /// <summary>Each organization's; one without any is left out.</summary>
    public static async Task<IReadOnlyList<OrgWidePolicy>> Of(SqlSource source, IReadOnlyCollection<OrgId> orgs)
    {
        var rows = await source.QueryRows<Row>(
            """
            select x.org_id, x.policy_id, p.name, x.id as assignment_id, x.level, x.target_id, x.settings from (
              select o.id as org_id, a.id, a.policy_id, a.level, a.target_id, f.settings,
                row_number() over (partition by o.id order by a.level desc, a.priority, a.created_at, a.id) as place
              from ({rows}) v cross join organizations o cross join policy_assignments a cross join policy_features f
              where o.id = v.org and a.level in (1, 2) and a.target_id in (o.id, o.partner_id)
                and f.policy_id = a.policy_id and f.feature_type = 'patch') x
            join configuration_policies p on p.id = x.policy_id
            where x.place = 1
            """,
            new Rows().Uuid("org", [.. orgs.Select(o => o.Value).Distinct()]));
        return [.. rows.Select(r => new OrgWidePolicy(r.OrgId, r.PolicyId, r.Name, r.AssignmentId, r.Level, r.TargetId, PatchSettingsText.Read(r.Settings)))];
    }

    private sealed class Row
    {
        public OrgId OrgId { get; init; }

        public Guid PolicyId { get; init; }

        public string Name { get; init; } = "";

        public Guid AssignmentId { get; init; }

        public PolicyLevel Level { get; init; }

        public Guid TargetId { get; init; }

        public string Settings { get; init; } = "";
    }
}
