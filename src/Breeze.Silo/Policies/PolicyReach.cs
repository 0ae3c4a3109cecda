using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>Which organizations a policy touches by its assignments.</summary>
internal static class PolicyReach
{
    /// <summary>Those that it may speak for as a whole: assigned to them, or to their partner.</summary>
    public static Task<IReadOnlyList<OrgId>> OrgWide(SqlSource source, Guid policy) => source.Query<OrgId>(
        """
        select a.org_id from policy_assignments a where a.policy_id = @policy and a.level = 2
        union select o.id from policy_assignments a join organizations o on o.partner_id = a.partner_id where a.policy_id = @policy and a.level = 1
        """,
        new { policy });

    /// <summary>SQL: the ids of all organizations with a device that the policy <c>@policy</c> could govern.</summary>
    public const string Orgs =
        """
        select a.org_id from policy_assignments a where a.policy_id = @policy and a.org_id is not null
        union select o.id from policy_assignments a join organizations o on o.partner_id = a.partner_id where a.policy_id = @policy and a.level = 1
        """;

    /// <summary>SQL: true for the <c>sites s</c> with a device that the policy <c>@policy</c> could govern. A dynamic group may be anywhere.</summary>
    public const string Sites =
        """
        exists (select 1 from devices d where d.site_id = s.id and d.decommissioned_at is null) and (
          s.org_id in (
            select a.org_id from policy_assignments a where a.policy_id = @policy and a.level = 2
            union select o.id from policy_assignments a join organizations o on o.partner_id = a.partner_id where a.policy_id = @policy and a.level = 1
            union select a.org_id from policy_assignments a join device_groups g on g.id = a.group_id
              where a.policy_id = @policy and a.level = 4 and g.kind = 'dynamic')
          or s.id in (
            select a.site_id from policy_assignments a where a.policy_id = @policy and a.level = 3
            union select d.site_id from policy_assignments a join device_group_members m on m.group_id = a.group_id join devices d on d.id = m.device_id
              where a.policy_id = @policy and a.level = 4
            union select d.site_id from policy_assignments a join devices d on d.id = a.target_id where a.policy_id = @policy and a.level = 5))
        """;
}
