using System.Data.Common;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>A statement that is new from its device, and may be new to its organization.</summary>
internal sealed record NewStatement(Guid Org, Guid Patch, PatchSource Source, int OsBit, PatchStatement Said);

/// <summary>What organizations see of patches, as their own devices' new statements change it.</summary>
/// <remarks>
/// Only what a device says for the first time, or says differently than before, changes anything; so two kinds of devices that describe a
/// patch differently do not take turns for ever. What a statement leaves out takes nothing away.
/// </remarks>
internal static class OrgPatchWrites
{
    private const string Columns =
        "t.org_id, t.patch_id, t.title, t.description, t.severity, t.category, t.version, t.os_types, t.release_date, t.requires_reboot, t.size_bytes";

    /// <returns>The patches that are new to their organizations.</returns>
    public static async Task<IReadOnlyList<(Guid Org, Guid Patch)>> Write(
        DbTransaction tx, IReadOnlyList<NewStatement> statements, DateTimeOffset now)
    {
        var byPatch = statements.GroupBy(s => (s.Org, s.Patch)).OrderBy(g => g.Key.Org).ThenBy(g => g.Key.Patch).ToList();
        var before = (await tx.QueryRows<OrgPatchRow>(
            $"select {Columns} from ({{rows}}) v cross join org_patches t where t.org_id = v.org_id and t.patch_id = v.patch_id",
            new Rows().Uuid("org_id", [.. byPatch.Select(g => g.Key.Org)]).Uuid("patch_id", [.. byPatch.Select(g => g.Key.Patch)])))
            .ToDictionary(r => (r.OrgId, r.PatchId));
        var made = new List<(NewStatement Of, OrgPatchRow Row)>();
        var changed = new List<(NewStatement Of, OrgPatchRow Row)>();
        foreach (var group in byPatch)
        {
            var known = before.GetValueOrDefault(group.Key);
            var row = group.Aggregate(known, (row, statement) => OrgPatchRow.With(row, statement))!;
            if (row != known)
            {
                (known is null ? made : changed).Add((group.First(), row));
            }
        }

        var isNew = await tx.QueryRows<KeyRow>(
            """
            insert into org_patches (org_id, patch_id, source, external_id, title, title_key, description, severity, category, version,
              os_types, release_date, requires_reboot, size_bytes, created_at, changed_at)
            select v.org_id, v.patch_id, v.source, v.external_id, v.title, v.title_key, v.description, v.severity, v.category, v.version,
              v.os_types, v.release_date, v.requires_reboot, v.size_bytes, @now, @now from ({rows}) v where true
            on conflict (org_id, patch_id) do nothing returning org_id, patch_id
            """,
            Said(made).Int("source", [.. made.Select(m => (int)m.Of.Source)]).Text("external_id", [.. made.Select(m => m.Of.Said.ExternalId)]),
            new { now = now.ToUnixTimeMilliseconds() });
        await tx.ExecuteRows(
            """
            with v as ({rows})
            update org_patches set title = v.title, title_key = v.title_key, description = v.description, severity = v.severity,
              category = v.category, version = v.version, os_types = v.os_types, release_date = v.release_date,
              requires_reboot = v.requires_reboot, size_bytes = v.size_bytes, changed_at = @now
            from v where org_patches.org_id = v.org_id and org_patches.patch_id = v.patch_id
            """,
            Said(changed),
            new { now = now.ToUnixTimeMilliseconds() });
        return [.. isNew.Select(r => (r.OrgId, r.PatchId))];
    }

    private static Rows Said(List<(NewStatement Of, OrgPatchRow Row)> rows) => new Rows()
        .Uuid("org_id", [.. rows.Select(r => r.Row.OrgId)])
        .Uuid("patch_id", [.. rows.Select(r => r.Row.PatchId)])
        .Text("title", [.. rows.Select(r => r.Row.Title)])
        .Text("title_key", [.. rows.Select(r => r.Row.Title.ToLowerInvariant())])
        .Text("description", [.. rows.Select(r => r.Row.Description)])
        .Int("severity", [.. rows.Select(r => r.Row.Severity)])
        .Text("category", [.. rows.Select(r => r.Row.Category)])
        .Text("version", [.. rows.Select(r => r.Row.Version)])
        .Int("os_types", [.. rows.Select(r => r.Row.OsTypes)])
        .BigInt("release_date", [.. rows.Select(r => r.Row.ReleaseDate)])
        .Int("requires_reboot", [.. rows.Select(r => r.Row.RequiresReboot)])
        .BigInt("size_bytes", [.. rows.Select(r => r.Row.SizeBytes)]);

    private sealed record KeyRow
    {
        public Guid OrgId { get; init; }

        public Guid PatchId { get; init; }
    }

    private sealed record OrgPatchRow
    {
        public Guid OrgId { get; init; }

        public Guid PatchId { get; init; }

        public string Title { get; init; } = "";

        public string? Description { get; init; }

        public int Severity { get; init; } = (int)PatchSeverity.Unknown;

        public string? Category { get; init; }

        public string? Version { get; init; }

        public int OsTypes { get; init; }

        public long? ReleaseDate { get; init; }

        public int? RequiresReboot { get; init; }

        public long? SizeBytes { get; init; }

        public static OrgPatchRow With(OrgPatchRow? row, NewStatement statement)
        {
            row ??= new OrgPatchRow { OrgId = statement.Org, PatchId = statement.Patch };
            var said = statement.Said;
            return row with
            {
                Title = said.Title,
                Description = said.Description ?? row.Description,
                Severity = said.Severity == PatchSeverity.Unknown ? row.Severity : (int)said.Severity,
                Category = said.Category ?? row.Category,
                Version = said.Version ?? row.Version,
                OsTypes = row.OsTypes | statement.OsBit,
                ReleaseDate = said.ReleaseDate?.ToUnixTimeMilliseconds() ?? row.ReleaseDate,
                RequiresReboot = said.RequiresReboot is { } reboot ? (reboot ? 1 : 0) : row.RequiresReboot,
                SizeBytes = said.SizeBytes ?? row.SizeBytes,
            };
        }
    }
}
