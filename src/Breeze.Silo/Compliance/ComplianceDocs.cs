using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Compliance;

/// <summary>The descriptions of the compliance routes in OpenAPI.</summary>
internal static class ComplianceDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.Parse("0198f6a0-0000-7000-8000-000000000041");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly PatchCounts Counts = new(12, 180, 3, 1, 4);

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("GET /patches/compliance", "Show compliance now",
            "Computed from the current state at each request. compliancePercent is installed of all that is counted; 100 when nothing is.",
            new Single<ComplianceSummary>(new(
                90m, 200, Counts, [new("linux", 90m, Counts)], [new("important", 90m, Counts)],
                [new(DeviceId, OrgId, "front-desk-1", null, 75m, new(4, 12, 0, 0, 0))], At)))
        .Add("GET /patches/compliance/report", "Request a compliance report",
            "Makes a report in the background: each request makes one, so send an Idempotency-Key. CSV has a line for each patch on each device; PDF has the summary, charts and the worst devices. Kept for 30 days.",
            new RequestedReport(Id, "pending"))
        .Add("GET /patches/compliance/report/{id}", "Get a report's status",
            "pending, running, completed or failed. A report that a silo was making when it died is finished by another.",
            new Single<ComplianceReport>(new(
                Id, OrgId, "linux", "critical", "csv", "completed", 200, new(90m, Counts, 14), At, At.AddSeconds(1), At.AddSeconds(3), null, At.AddSeconds(1))))
        .Add("GET /patches/compliance/report/{id}/download", "Download a report",
            "The file, as text/csv or application/pdf. 409 before the report is completed. Cells that a spreadsheet would run as a formula begin with an apostrophe.",
            "organization,site,deviceId,hostname,displayName,osType,source,externalId,title,severity,version,currentVersion,status,approvalStatus,error,releaseDate,changedAt");
}
