using System.Data.Common;
using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Fleet;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>The next devices after the last of the page before (null: the first page), in the order of every target; fewer than a page: the end.</summary>
public delegate Task<IReadOnlyList<TargetRow>> TargetPages(DbConnection connection, TargetRow? after);

/// <summary>Whom a patch job or patch rollback is for: one of the three is set.</summary>
/// <param name="DeviceIds">These.</param>
/// <param name="PolicyId">All that this policy governs, in sites of <paramref name="TimeZone"/> where that is given.</param>
/// <param name="InstalledPatchId">All that have this patch installed.</param>
public sealed record JobTarget(IReadOnlyList<Guid>? DeviceIds = null, Guid? PolicyId = null, string? TimeZone = null, Guid? InstalledPatchId = null);

/// <summary>Pages of a job's devices: never the fleet at once.</summary>
public sealed class JobTargets(IDatabase database, TargetQuery targets, EffectivePolicies policies)
{
    private const int PageSize = Initialization.PageSize;

    public async Task<TargetPages> Pages(OrgId org, JobTarget target)
    {
        if (target.PolicyId is { } policy)
        {
            return (connection, after) => policies.Governed(connection, org, policy, target.TimeZone, after, PageSize);
        }

        if (target.InstalledPatchId is { } patch)
        {
            return (connection, after) => Installed(connection, org, patch, after);
        }

        var ids = new TargetSpec.Devices([.. target.DeviceIds!.Select(id => new DeviceId(id))]);
        var resolved = await database.Read(connection => targets.Resolve(connection, org, ids));
        return (connection, after) => resolved.Page(connection, after, PageSize);
    }

    private static Task<IReadOnlyList<TargetRow>> Installed(SqlSource source, OrgId org, Guid patch, TargetRow? after) => source.Query<TargetRow>(
        $"""
        select d.id as device_id, d.hostname, d.display_name, d.hostname_key
        from device_patches t join devices d on d.id = t.device_id
        where t.org_id = @org and t.patch_id = @patch and t.status = 2 and d.decommissioned_at is null
          and {(after is null ? "1 = 1" : "(d.hostname_key, d.id) > (@key, @id)")}
        order by d.hostname_key, d.id limit @PageSize
        """,
        new { org, patch, PageSize, key = after?.HostnameKey, id = after?.DeviceId.Value });
}
