using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>What other features ask about tenants.</summary>
public sealed class AccessQueries(IDatabase database)
{
    /// <inheritdoc cref="OrgChoice.Choose"/>
    public Task<Answer<OrgId>> ResolveOrg(Caller caller, Guid? orgId, CancellationToken cancel = default) =>
        database.Read(connection => OrgChoice.Choose(connection, caller.Scope, orgId), cancel);

    /// <summary>The reach of a list: the caller's own, or one organization of it when the query names one (foreign or unknown: 403).</summary>
    public async Task<Answer<OrgScope>> Narrow(Caller caller, Guid? orgId, CancellationToken cancel = default)
    {
        if (orgId is null)
        {
            return caller.Scope;
        }

        var chosen = await ResolveOrg(caller, orgId, cancel);
        return chosen.Refusal is { } refusal ? refusal : OrgScope.Org(chosen.Value);
    }

    /// <summary>Whether an organization exists and lies in reach; the two are not told apart.</summary>
    public Task<bool> Sees(OrgScope scope, OrgId org, CancellationToken cancel = default) => database.Read(
        async connection => await connection.ExecuteScalarAsync<long>(
            $"select count(*) from organizations x where x.id = @org and {scope.Sql("x.id")}", new { org = org.Value, scopeId = scope.Id }) == 1,
        cancel);
}
