using Breeze.Contracts.Live;
using Breeze.Core.Access;
using Breeze.Silo.Live;

namespace Breeze.Silo.Compliance;

/// <summary>What the console hub asks of compliance.</summary>
internal sealed class ComplianceLiveSource(ComplianceQueries queries) : IComplianceLiveSource
{
    public async Task<ComplianceChanged?> Find(OrgScope scope, Guid org)
    {
        var answer = await queries.Summary(scope, org, null, null);
        return answer is { IsRefused: false, Value: { } summary }
            ? new(
                org, summary.CompliancePercent, summary.Total, summary.Counts.Pending, summary.Counts.Installed, summary.Counts.Failed,
                summary.Counts.Skipped, summary.Counts.Missing, summary.AsOf)
            : null;
    }
}
