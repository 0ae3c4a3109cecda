using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Compliance;

/// <summary>Deletes finished reports and their files: the report first, so that nobody downloads half of one; then its pieces, a few at a time.</summary>
internal sealed class ReportRetention(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<ReportRetention> logger)
    : RetentionLoop(database, settings.Retention.ReportDays, clock, logger)
{
    // Pieces are large.
    private const int ReportsAtOnce = 20;

    protected override string What => "compliance_reports";

    protected override async Task<int> Delete(DbTransaction tx, DateTimeOffset before)
    {
        var old = await tx.Connection!.QueryAsync<Guid>(
            $"select r.id from compliance_reports r where r.status in (3, 4) and r.created_at < @before order by r.created_at limit {ReportsAtOnce}{SkipHeld(tx, "r")}",
            new { before },
            tx);
        var ids = new Rows().Uuid("id", [.. old]);
        var chunks = await tx.ExecuteRows("delete from compliance_report_chunks where report_id in ({rows})", ids);
        return chunks + await tx.ExecuteRows("delete from compliance_reports where id in ({rows})", ids);
    }
}
