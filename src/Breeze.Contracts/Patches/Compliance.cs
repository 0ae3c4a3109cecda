namespace Breeze.Contracts.Patches;

/// <summary>How the fleet stands now.</summary>
/// <param name="CompliancePercent">0 to 100, two decimals: installed of all that is counted; 100 when nothing is.</param>
/// <param name="Total">Rows: a patch on a device each.</param>
/// <param name="WorstDevices">At most ten, the most patches not installed first; none with nothing to install.</param>
/// <param name="AsOf">When it was counted.</param>
public sealed record ComplianceSummary(
    decimal CompliancePercent,
    long Total,
    PatchCounts Counts,
    IReadOnlyList<SourceCompliance> BySource,
    IReadOnlyList<SeverityCompliance> BySeverity,
    IReadOnlyList<DeviceCompliance> WorstDevices,
    DateTimeOffset AsOf);

public sealed record SourceCompliance(string Source, decimal CompliancePercent, PatchCounts Counts);

public sealed record SeverityCompliance(string Severity, decimal CompliancePercent, PatchCounts Counts);

public sealed record DeviceCompliance(
    Guid DeviceId, Guid OrgId, string Hostname, string? DisplayName, decimal CompliancePercent, PatchCounts Counts);

/// <summary>The answer to a request for a report.</summary>
/// <param name="Status">Always pending.</param>
public sealed record RequestedReport(Guid ReportId, string Status);

/// <summary>A compliance report.</summary>
/// <param name="OrgId">Null: over all organizations that the key which asked for it may see.</param>
/// <param name="Source">What it was narrowed to; null for all.</param>
/// <param name="Severity">What it was narrowed to; null for all.</param>
/// <param name="Format">csv or pdf.</param>
/// <param name="Status">pending, running, completed or failed.</param>
/// <param name="RowCount">A patch on a device each; null until completed.</param>
/// <param name="Summary">Null until completed.</param>
/// <param name="ErrorMessage">Null unless failed.</param>
/// <param name="AsOf">The instant that the figures are of; null until completed.</param>
public sealed record ComplianceReport(
    Guid Id,
    Guid? OrgId,
    string? Source,
    string? Severity,
    string Format,
    string Status,
    long? RowCount,
    ReportSummary? Summary,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt,
    string? ErrorMessage,
    DateTimeOffset? AsOf);

/// <param name="Devices">Devices with at least one row.</param>
public sealed record ReportSummary(decimal CompliancePercent, PatchCounts Counts, long Devices);
