using Breeze.Core.Access;

namespace Breeze.Silo.Access;

/// <summary>The caller's reach as a condition of SQL.</summary>
public static class OrgScopeSql
{
    /// <summary>
    /// True for the rows whose organization the caller may see. The statement must be given the parameter
    /// <c>scopeId = scope.Id</c>.
    /// </summary>
    /// <param name="scope">The caller's reach.</param>
    /// <param name="orgColumn">The column with the organization's id, for example <c>d.org_id</c>; a constant of ours, never input.</param>
    public static string Sql(this OrgScope scope, string orgColumn) => scope.Kind switch
    {
        ScopeKind.System => "1 = 1",
        ScopeKind.Partner => $"{orgColumn} in (select o.id from organizations o where o.partner_id = @scopeId)",
        ScopeKind.Org => $"{orgColumn} = @scopeId",
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope.Kind, "A reach without a condition."),
    };
}
