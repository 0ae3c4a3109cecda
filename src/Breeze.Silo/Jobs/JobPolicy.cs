using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Jobs;

/// <summary>A policy as a job needs it.</summary>
internal sealed class JobPolicy
{
    public string Name { get; init; } = "";

    public string? SettingsText { get; init; }

    /// <summary>Null: it has no patch feature.</summary>
    public PatchSettings? Settings => SettingsText is null ? null : PatchSettingsText.Read(SettingsText);

    /// <summary>What the document calls a job that nobody has named.</summary>
    public string DefaultJobName
    {
        get
        {
            const int Longest = 200;
            var name = $"Config Policy Patch Job — {Name}";
            return name.Length <= Longest ? name : name[..Longest];
        }
    }

    /// <summary>Null when there is none that the caller may see.</summary>
    public static Task<JobPolicy?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<JobPolicy>(
        $"""
        select p.name, f.settings as settings_text from configuration_policies p
        left join policy_features f on f.policy_id = p.id and f.feature_type = 'patch'
        where p.id = @id and {PolicyRow.Within(scope)}
        """,
        new { id, scopeId = scope.Id });

    /// <summary>The organizations in the caller's reach that the policy is assigned into.</summary>
    public static Task<IReadOnlyList<OrgId>> Orgs(SqlSource source, OrgScope scope, Guid id, Guid? orgId) => source.Query<OrgId>(
        $"""
        select o.id from organizations o
        where {scope.Sql("o.id")} {(orgId is null ? "" : "and o.id = @orgId")} and exists (
          select 1 from policy_assignments a where a.policy_id = @id and (a.org_id = o.id or (a.level = 1 and a.partner_id = o.partner_id)))
        order by o.id
        """,
        new { id, orgId, scopeId = scope.Id });
}
