using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core.Access;
using Breeze.Core.Patches;

namespace Breeze.Silo.Compliance;

/// <summary>Where a report stands. Stored by number; the last two are never left.</summary>
public enum ReportStatus
{
    Pending = 1,
    Running,
    Completed,
    Failed,
}

public enum ReportFormat
{
    Csv = 1,
    Pdf,
}

/// <summary>A row of <c>compliance_reports r</c>.</summary>
internal sealed class ReportRow
{
    public const string Columns =
        "r.id, r.scope_kind, r.scope_id, r.source, r.severity, r.format, r.status, r.run, r.created_at, r.started_at, r.completed_at, r.as_of, "
        + "r.row_count, r.summary, r.error";

    public Guid Id { get; init; }

    public int ScopeKind { get; init; }

    public Guid ScopeId { get; init; }

    public int? Source { get; init; }

    public int? Severity { get; init; }

    public int Format { get; init; }

    public int Status { get; init; }

    public int Run { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public DateTimeOffset? AsOf { get; init; }

    public long? RowCount { get; init; }

    public string? Summary { get; init; }

    public string? Error { get; init; }

    public OrgScope Scope => new((ScopeKind)ScopeKind, ScopeId);

    public ComplianceQuestion Question => new(Scope, (PatchSource?)Source, (PatchSeverity?)Severity);

    public ReportFormat Kind => (ReportFormat)Format;

    public ReportStatus State => (ReportStatus)Status;

    public ComplianceReport Show() => new(
        Id,
        Scope.Kind == Core.Access.ScopeKind.Org ? ScopeId : null,
        Source is { } source ? EnumName.Of((PatchSource)source) : null,
        Severity is { } severity ? EnumName.Of((PatchSeverity)severity) : null,
        EnumName.Of(Kind),
        EnumName.Of(State),
        RowCount,
        Summary is null ? null : JsonSerializer.Deserialize<ReportSummary>(Summary, BreezeJson.Options),
        CreatedAt,
        StartedAt,
        CompletedAt,
        Error,
        AsOf);
}
