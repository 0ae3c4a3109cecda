using Breeze.Core.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Compliance;

/// <summary>What a report says of itself.</summary>
/// <param name="Of">The organization's or partner's name.</param>
/// <param name="Devices">Devices with at least one row.</param>
internal sealed record ReportFacts(string Of, ComplianceQuestion Question, long Devices)
{
    public static async Task<ReportFacts> Read(SqlSource source, ReportRow report)
    {
        var question = report.Question;
        var name = question.Scope.Kind switch
        {
            ScopeKind.Org => await source.First<string>("select o.name from organizations o where o.id = @id", new { id = question.Scope.Id }),
            ScopeKind.Partner => await source.First<string>("select p.name from partners p where p.id = @id", new { id = question.Scope.Id }),
            _ => "All organizations",
        };
        var devices = question.IsNarrowed
            ? await source.First<long>(
                $"""
                select count(distinct t.device_id) from org_patches p
                join device_patches t on t.org_id = p.org_id and t.patch_id = p.patch_id and t.status in (1, 2, 3, 4, 5)
                where {question.OfPatches}
                """,
                question.Arguments)
            : await source.First<long>(
                $"select count(*) from device_patch_totals p where {question.OfPatches} and p.installed + p.noncompliant > 0", question.Arguments);
        return new(name ?? "", question, devices);
    }
}
