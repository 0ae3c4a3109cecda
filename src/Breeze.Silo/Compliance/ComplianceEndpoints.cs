using System.Globalization;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Compliance;

/// <summary>The live summary and the reports, under <c>/api/v1/patches/compliance</c>.</summary>
internal static class ComplianceEndpoints
{
    public static void MapComplianceRoutes(this RouteGroupBuilder api)
    {
        var compliance = api.MapGroup("/patches/compliance").WithTags("Compliance");
        Narrowed(compliance.MapGet("/", Summary).RequireRight(Right.ViewPatches));
        Narrowed(compliance.MapGet("/report", Create).RequireRight(Right.RunPatches))
            .Audited("compliance_report.create", "compliance_report")
            .WithMetadata(new CreatesByGet())
            .Query("format", "csv or pdf.", "csv");
        compliance.MapGet("/report/{id}", Get).RequireRight(Right.ViewPatches);
        compliance.MapGet("/report/{id}/download", Download).RequireRight(Right.ViewPatches);
    }

    private static RouteHandlerBuilder Narrowed(RouteHandlerBuilder route) => route
        .Query("orgId", "One organization; left out: all that the key may see.")
        .Query("source", "microsoft, apple, linux, third_party or custom.")
        .Query("severity", "critical, important, moderate, low or unknown.");

    private static async Task<IResult> Summary(HttpContext http, ComplianceQueries compliance) => (await compliance.Summary(
        http.Caller().Scope, QueryText.Id(http.Request.Query, "orgId"), QueryText.Name<PatchSource>(http.Request.Query, "source"),
        QueryText.Name<PatchSeverity>(http.Request.Query, "severity"))).ToHttp();

    private static async Task<IResult> Create(HttpContext http, ReportStore store, IDatabase database, IGrainFactory grains)
    {
        var (query, scope) = (http.Request.Query, http.Caller().Scope);
        var orgId = QueryText.Id(query, "orgId");
        var question = new ComplianceQuestion(
            orgId is { } org ? OrgScope.Org(new(org)) : scope,
            QueryText.Name<PatchSource>(query, "source"),
            QueryText.Name<PatchSeverity>(query, "severity"));
        var format = QueryText.Name<ReportFormat>(query, "format") ?? ReportFormat.Csv;
        if (await database.Read(c => OrgChoice.Refuse(c, scope, orgId)) is { } refusal)
        {
            return Problems.From(refusal);
        }

        var made = await store.Create(http.Caller(), question, format);
        if (made.Refusal is { } tooMany)
        {
            return Problems.From(tooMany);
        }

        // It is committed: whether this call arrives or not, the report gets made.
        grains.GetGrain<IComplianceReportGrain>(made.Value).Start().Ignore();
        return Replies.Bare(new RequestedReport(made.Value, "pending"));
    }

    private static async Task<IResult> Get(Guid id, HttpContext http, ReportStore store) =>
        await store.Find(http.Caller().Scope, id) is { } report ? Replies.Ok(report.Show()) : NotFound();

    private static async Task<IResult> Download(Guid id, HttpContext http, ReportStore store)
    {
        if (await store.Find(http.Caller().Scope, id) is not { } report)
        {
            return NotFound();
        }

        if (report.State != ReportStatus.Completed)
        {
            return Problems.From(new Refusal(
                RefusalKind.Conflict, $"The report is {report.Show().Status}; it can be downloaded once it is completed."));
        }

        var (type, suffix) = report.Kind == ReportFormat.Csv ? ("text/csv; charset=utf-8", "csv") : ("application/pdf", "pdf");
        var day = report.AsOf!.Value.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return Results.Stream(
            body => ReportFile.Copy(store, report, body, http.RequestAborted), type, $"patch-compliance-{day}.{suffix}");
    }

    private static IResult NotFound() => Problems.From(Refusal.NotFound("The report"));
}
