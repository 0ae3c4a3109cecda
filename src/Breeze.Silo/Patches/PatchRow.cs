using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core.Patches;

namespace Breeze.Silo.Patches;

/// <summary>A row of <c>org_patches p</c> with the effective approval, as lists show it.</summary>
internal sealed class PatchRow
{
    public const string Columns =
        "p.patch_id, p.source, p.external_id, p.title, p.title_key, p.description, p.severity, p.category, p.version, p.os_types, p.release_date, "
        + "p.requires_reboot, p.size_bytes, p.created_at";

    public Guid PatchId { get; init; }

    public int Source { get; init; }

    public string ExternalId { get; init; } = "";

    public string Title { get; init; } = "";

    public string TitleKey { get; init; } = "";

    public string? Description { get; init; }

    public int Severity { get; init; }

    public string? Category { get; init; }

    public string? Version { get; init; }

    public int OsTypes { get; init; }

    public DateTimeOffset? ReleaseDate { get; init; }

    public bool? RequiresReboot { get; init; }

    public long? SizeBytes { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null where several organizations are asked at once.</summary>
    public int? Approval { get; init; }

    public Patch Show(PatchCounts? counts) => new(
        PatchId, EnumName.Of((PatchSource)Source), ExternalId, Title, Description, EnumName.Of((PatchSeverity)Severity), Category, Version,
        OsBits.ToNames(OsTypes), ReleaseDate, RequiresReboot, SizeBytes, CreatedAt,
        Approval is { } approval ? EnumName.Of((ApprovalStatus)approval) : null, counts ?? CountsRow.None);
}

/// <summary>Sums of counts.</summary>
internal sealed class CountsRow
{
    public const string Sums =
        "sum(c.pending) as pending, sum(c.installed) as installed, sum(c.failed) as failed, sum(c.skipped) as skipped, sum(c.missing) as missing";

    public static PatchCounts None { get; } = new(0, 0, 0, 0, 0);

    public Guid PatchId { get; init; }

    public int Source { get; init; }

    public int Severity { get; init; }

    public long Pending { get; init; }

    public long Installed { get; init; }

    public long Failed { get; init; }

    public long Skipped { get; init; }

    public long Missing { get; init; }

    public PatchCounts Show() => new(Pending, Installed, Failed, Skipped, Missing);
}
