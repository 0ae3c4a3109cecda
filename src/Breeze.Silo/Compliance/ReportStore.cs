using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Compliance;

/// <summary>Reports' rows and files. Every step of a run is guarded by its number: what an older run still writes goes nowhere.</summary>
internal sealed class ReportStore(IDatabase database, TimeProvider clock)
{
    /// <summary>A silo makes a few reports at a time, in turn: nobody's are to stand before everybody else's.</summary>
    private const int MostOpen = 20;

    /// <summary>Makes a report, with its audit line. Refused (409) while 20 over the same organizations are not finished.</summary>
    public Task<Answer<Guid>> Create(Caller caller, ComplianceQuestion question, ReportFormat format) => database.Write<Answer<Guid>>(async tx =>
    {
        var open = await tx.Connection!.ExecuteScalarAsync<long>(
            "select count(*) from compliance_reports r where r.scope_kind = @kind and r.scope_id = @scope and r.status in (1, 2)",
            new { kind = (int)question.Scope.Kind, scope = question.Scope.Id },
            tx);
        if (open >= MostOpen)
        {
            return new Refusal(RefusalKind.Conflict, $"{open} reports over the same organizations are not finished yet; ask again when they are.");
        }

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await tx.Connection!.ExecuteAsync(
            """
            insert into compliance_reports (id, scope_kind, scope_id, source, severity, format, status, created_by, created_at)
            values (@id, @kind, @scope, @source, @severity, @format, 1, @by, @now)
            """,
            new
            {
                id,
                kind = (int)question.Scope.Kind,
                scope = question.Scope.Id,
                source = (int?)question.Source,
                severity = (int?)question.Severity,
                format = (int)format,
                by = caller.Name,
                now = now.ToUnixTimeMilliseconds(),
            },
            tx);
        await Audit.Write(tx, new(
            AuditChain.Of(question.Scope), now, AuditActor.Of(caller), "compliance_report.create", "compliance_report", id.ToString(),
            Details: new { question.Source, question.Severity, format }));
        return id;
    });

    /// <summary>A report that the caller may see: over organizations all of which are in its reach.</summary>
    public Task<ReportRow?> Find(OrgScope scope, Guid id) => database.Read(c => c.QuerySingleOrDefaultAsync<ReportRow?>(
        $"""
        select {ReportRow.Columns} from compliance_reports r where r.id = @id and ({scope.Kind switch
        {
            ScopeKind.System => "1 = 1",
            ScopeKind.Partner => "(r.scope_kind = 2 and r.scope_id = @scopeId) or (r.scope_kind = 1 and " + scope.Sql("r.scope_id") + ")",
            _ => "r.scope_kind = 1 and " + scope.Sql("r.scope_id"),
        }})
        """,
        new { id, scopeId = scope.Id }));

    public Task<ReportRow?> Find(Guid id) => Find(OrgScope.System, id);

    /// <summary>Those that are not finished.</summary>
    public Task<IReadOnlyList<Guid>> Open() => database.Read<IReadOnlyList<Guid>>(async c =>
        (await c.QueryAsync<Guid>("select r.id from compliance_reports r where r.status in (1, 2) order by r.id limit 1000")).AsList());

    /// <summary>Begins the next run of an open report.</summary>
    /// <returns>Its row with the run's number; null when the report is finished.</returns>
    public Task<ReportRow?> Claim(Guid id) => database.Write(async tx =>
    {
        await tx.Connection!.ExecuteAsync(
            "update compliance_reports set status = 2, run = run + 1, started_at = coalesce(started_at, @now) where id = @id and status in (1, 2)",
            new { id, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
            tx);
        return await tx.Connection!.QuerySingleOrDefaultAsync<ReportRow?>(
            $"select {ReportRow.Columns} from compliance_reports r where r.id = @id and r.status = 2", new { id }, tx);
    });

    /// <summary>Adds a piece of the file.</summary>
    /// <returns>False: another run has taken over.</returns>
    public async Task<bool> Add(Guid id, int run, int chunk, byte[] body) => await database.Write(tx => tx.Connection!.ExecuteAsync(
        """
        insert into compliance_report_chunks (report_id, run, chunk, body)
        select r.id, r.run, @chunk, @body from compliance_reports r where r.id = @id and r.run = @run and r.status = 2
        """,
        new { id, run, chunk, body },
        tx)) == 1;

    public Task Complete(Guid id, int run, DateTimeOffset asOf, long rows, ReportSummary summary) => End(
        id,
        run,
        "update compliance_reports set status = 3, completed_at = @now, as_of = @asOf, row_count = @rows, summary = @summary where id = @id and run = @run and status = 2",
        new { id, run, asOf, rows, summary = JsonSerializer.Serialize(summary, BreezeJson.Options), now = clock.GetUtcNow() });

    public Task Fail(Guid id, int run, string error) => End(
        id,
        run,
        "update compliance_reports set status = 4, completed_at = @now, error = @error where id = @id and run = @run and status = 2",
        new { id, run, error, now = clock.GetUtcNow() });

    /// <summary>A piece of a completed report's file; null after the last.</summary>
    public Task<byte[]?> Chunk(Guid id, int run, int chunk) => database.Read(c => c.ExecuteScalarAsync<byte[]?>(
        "select body from compliance_report_chunks where report_id = @id and run = @run and chunk = @chunk", new { id, run, chunk }));

    private Task<bool> End(Guid id, int run, string update, object args) => database.Write(async tx =>
    {
        var ended = await tx.Connection!.ExecuteAsync(update, args, tx) == 1;
        if (ended)
        {
            await tx.Connection!.ExecuteAsync("delete from compliance_report_chunks where report_id = @id and run <> @run", new { id, run }, tx);
        }

        return ended;
    });
}
