using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Approvals;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Compliance;

/// <summary>A line of a report: a patch on a device.</summary>
internal sealed class ReportLine
{
    public string Organization { get; init; } = "";

    public string Site { get; init; } = "";

    public Guid DeviceId { get; init; }

    public string Hostname { get; init; } = "";

    public string? DisplayName { get; init; }

    public string OsType { get; init; } = "";

    public int Source { get; init; }

    public string ExternalId { get; init; } = "";

    public string Title { get; init; } = "";

    public int Severity { get; init; }

    public string? Version { get; init; }

    public string? CurrentVersion { get; init; }

    public int Status { get; init; }

    public int Approval { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset? ReleaseDate { get; init; }

    public DateTimeOffset ChangedAt { get; init; }
}

/// <summary>Reads the lines of a report, organization by organization, by hostname, a bounded page at a time.</summary>
internal static class ReportRows
{
    private const int DevicesPerPage = 500;
    private const int RowsPerPage = 10_000;

    /// <summary>All lines, in the source's snapshot; never more than a page of them in memory.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<ReportLine>> Read(SqlSource source, ComplianceQuestion question, DateTimeOffset asOf)
    {
        foreach (var org in await source.Query<Guid>(
            $"select o.id from organizations o where {question.Scope.Sql("o.id")} order by o.name, o.id", question.Arguments))
        {
            DeviceRow? after = null;
            while (await Devices(source, org, after) is { Count: > 0 } devices)
            {
                foreach (var page in Pages(devices))
                {
                    yield return await Lines(source, question, page, asOf);
                }

                after = devices[^1];
            }
        }
    }

    private static async Task<IReadOnlyList<DeviceRow>> Devices(SqlSource source, Guid org, DeviceRow? after) => await source.Query<DeviceRow>(
        $"""
        select d.id, d.hostname_key, coalesce(t.pending + t.installed + t.failed + t.skipped + t.missing, 0) as patches
        from devices d left join device_patch_totals t on t.device_id = d.id
        where d.org_id = @org{(after is null ? "" : " and (d.hostname_key, d.id) > (@host, @id)")}
        order by d.hostname_key, d.id limit {DevicesPerPage}
        """,
        new { org, host = after?.HostnameKey, id = after?.Id });

    private static IEnumerable<List<DeviceRow>> Pages(IReadOnlyList<DeviceRow> devices)
    {
        var page = new List<DeviceRow>();
        var rows = 0L;
        foreach (var device in devices.Where(d => d.Patches > 0))
        {
            page.Add(device);
            rows += device.Patches;
            if (rows >= RowsPerPage)
            {
                yield return page;
                (page, rows) = ([], 0);
            }
        }

        if (page.Count > 0)
        {
            yield return page;
        }
    }

    private static Task<IReadOnlyList<ReportLine>> Lines(SqlSource source, ComplianceQuestion question, List<DeviceRow> devices, DateTimeOffset asOf)
    {
        var arguments = question.Arguments;
        arguments.Add("now", asOf.ToUnixTimeMilliseconds());
        return source.QueryRows<ReportLine>(
            $"""
            select o.name as organization, s.name as site, d.id as device_id, d.hostname, d.display_name, d.os_type, p.source, p.external_id,
              p.title, p.severity, t.version, t.current_version, t.status, {ApprovalSql.Effective("a")} as approval, t.error, p.release_date, t.changed_at
            from ({Rows}) v cross join device_patches t
            join devices d on d.id = t.device_id join organizations o on o.id = d.org_id join sites s on s.id = d.site_id
            join org_patches p on p.org_id = t.org_id and p.patch_id = t.patch_id
            left join patch_approvals a on a.org_id = t.org_id and a.patch_id = t.patch_id
            where t.device_id = v.device_id and t.status <> {(int)DevicePatchStatus.Gone} and {question.OfPatches}
            order by v.n, p.source, p.title_key, t.patch_id
            """,
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Id)]).Int("n", [.. Enumerable.Range(0, devices.Count)]),
            arguments);
    }

    private const string Rows = "{rows}";

    private sealed class DeviceRow
    {
        public Guid Id { get; init; }

        public string HostnameKey { get; init; } = "";

        public long Patches { get; init; }
    }
}
