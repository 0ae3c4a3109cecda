using System.Data.Common;
using Breeze.Core;
using Dapper;

namespace Breeze.Silo.Software;

/// <summary>Software packages for the features that send them.</summary>
internal static class SoftwareReader
{
    /// <summary>The organization's package, or null when there is none of this id (another organization's counts as none).</summary>
    public static Task<SoftwareRow?> Find(DbConnection connection, OrgId org, Guid id) => connection.QuerySingleOrDefaultAsync<SoftwareRow?>(
        $"select {SoftwareRow.Columns} from software_packages s where s.org_id = @org and s.id = @id", new { org, id });
}
