using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access;

/// <summary>Which organization a request is about (contract, sections 1 and 2).</summary>
public static class OrgChoice
{
    /// <summary>The 403 for an organization that is unknown or another's: the two are alike.</summary>
    public static Refusal Foreign { get; } = new(RefusalKind.Forbidden, "orgId names no organization that this key may use.", "orgId");

    /// <summary>
    /// The organization that is named; where none is: an organization key's own, or the only one there is in the caller's reach.
    /// </summary>
    /// <param name="orgId">From the body or the query; null when it is not given.</param>
    /// <returns>Refused with 403 when it is foreign or unknown, with 400 when it is missing and there are several or none.</returns>
    public static async Task<Answer<OrgId>> Choose(SqlSource source, OrgScope scope, Guid? orgId)
    {
        var named = orgId is null ? "" : " and o.id = @orgId";
        var found = await source.Query<OrgId>(
            $"select o.id from organizations o where {scope.Sql("o.id")}{named} limit 2", new { scopeId = scope.Id, orgId });
        return found switch
        {
            [var only] => only,
            _ when orgId is not null => Foreign,
            _ => Refusal.Invalid("orgId is required: this key may use several organizations, or none.", "orgId"),
        };
    }

    /// <summary>For lists: null when no organization is named, the named one's refusal when it may not be seen.</summary>
    public static async Task<Refusal?> Refuse(SqlSource source, OrgScope scope, Guid? orgId) =>
        orgId is null ? null : (await Choose(source, scope, orgId)).Refusal;
}
