using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Policies;

/// <summary>A row of <c>configuration_policies</c>: of an organization or of a partner.</summary>
internal sealed class PolicyRow
{
    public const string Columns = "p.id, p.org_id, p.partner_id, p.name, p.description, p.created_by, p.created_at, p.updated_at, p.version";

    public Guid Id { get; init; }
    public OrgId? OrgId { get; init; }
    public PartnerId? PartnerId { get; init; }
    public string Name { get; init; } = "";
    public string? Description { get; init; }
    public string CreatedBy { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public long Version { get; init; }

    public AuditChain Chain => OrgId is { } org ? AuditChain.Org(org) : AuditChain.Partner(PartnerId!.Value);

    /// <summary>True for the policies that a caller may see: its organizations', and a partner's own for the partner itself.</summary>
    public static string Within(OrgScope scope) => scope.Kind switch
    {
        ScopeKind.System => "1 = 1",
        ScopeKind.Partner => $"(p.partner_id = @scopeId or {scope.Sql("p.org_id")})",
        _ => scope.Sql("p.org_id"),
    };

    public static Task<PolicyRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<PolicyRow>(
        $"select {Columns} from configuration_policies p where p.id = @id and {Within(scope)}", new { id, scopeId = scope.Id });

    public ConfigurationPolicy Shown(IEnumerable<FeatureRow> features) => new(
        Id, OrgId?.Value, PartnerId?.Value, Name, Description, [.. features.Select(f => f.Shown)], CreatedBy, CreatedAt, UpdatedAt);
}

/// <summary>A row of <c>policy_features</c>.</summary>
internal sealed class FeatureRow
{
    /// <summary>The one kind of feature there is.</summary>
    public const string Patch = "patch";

    private const string Columns = "f.policy_id, f.feature_type, f.settings, f.created_at, f.updated_at";

    public Guid PolicyId { get; init; }
    public string FeatureType { get; init; } = "";
    public string Settings { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }

    public PatchSettings Parsed => PatchSettingsText.Read(Settings);

    public PolicyFeature Shown => new(FeatureType, PatchSettingsText.ToBody(Parsed), CreatedAt, UpdatedAt);

    /// <summary>The features of policies that the caller was checked for.</summary>
    public static async Task<ILookup<Guid, FeatureRow>> Of(SqlSource source, IEnumerable<Guid> policies) => (await source.QueryRows<FeatureRow>(
        $"select {Columns} from ({{rows}}) v cross join policy_features f where f.policy_id = v.id order by f.feature_type",
        new Rows().Uuid("id", [.. policies]))).ToLookup(f => f.PolicyId);

    public static Task<FeatureRow?> Find(SqlSource source, Guid policy, string featureType) => source.First<FeatureRow>(
        $"select {Columns} from policy_features f where f.policy_id = @policy and f.feature_type = @featureType", new { policy, featureType });
}
