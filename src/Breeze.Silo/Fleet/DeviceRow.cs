using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>A row of <c>devices</c> as it is shown, presence included.</summary>
internal sealed class DeviceRow
{
    /// <summary>The columns; the statement is given <c>@now</c> in milliseconds.</summary>
    public static string Columns { get; } =
        "d.id, d.org_id, d.site_id, (select s.name from sites s where s.id = d.site_id) as site_name, d.hostname, d.display_name, d.os_type, d.os_version, d.architecture, d.agent_version, d.enrolled_at,"
        + $" d.decommissioned_at, d.version, case when {PresenceFilter.Online("@now")} then 1 else 0 end as online, {PresenceFilter.LastSeenAt("@now")} as last_seen_at, {PatchesPending} as pending";

    /// <summary>SQL: how many patches a device is offered and does not have. Kept by the patches' own writes.</summary>
    public const string PatchesPending = "coalesce((select t.pending from device_patch_totals t where t.device_id = d.id), 0)";

    public Guid Id { get; init; }
    public OrgId OrgId { get; init; }
    public Guid SiteId { get; init; }
    public string SiteName { get; init; } = "";
    public string Hostname { get; init; } = "";
    public string? DisplayName { get; init; }
    public string OsType { get; init; } = "";
    public string OsVersion { get; init; } = "";
    public string Architecture { get; init; } = "";
    public string AgentVersion { get; init; } = "";
    public DateTimeOffset EnrolledAt { get; init; }
    public DateTimeOffset? DecommissionedAt { get; init; }
    public long Version { get; init; }
    public bool Online { get; init; }
    public DateTimeOffset? LastSeenAt { get; init; }
    public int Pending { get; init; }

    /// <summary>What a sorted list orders by, where it is a text.</summary>
    public string TextKey { get; init; } = "";

    /// <summary>What a sorted list orders by, where it is a number.</summary>
    public long NumberKey { get; init; }

    public static Task<DeviceRow?> Find(SqlSource source, OrgScope scope, Guid id, DateTimeOffset now) => source.First<DeviceRow>(
        $"select {Columns} from devices d where d.id = @id and {scope.Sql("d.org_id")}", new { id, scopeId = scope.Id, now });

    /// <summary>The rows as devices, with their tags and custom fields: two statements however many.</summary>
    public static async Task<IReadOnlyList<Device>> Show(SqlSource source, IReadOnlyList<DeviceRow> rows)
    {
        var ids = new Rows().Uuid("id", [.. rows.Select(r => r.Id)]);
        var tags = (await source.QueryRows<TagRow>("select t.device_id, t.tag from ({rows}) v join device_tags t on t.device_id = v.id order by t.tag", ids))
            .ToLookup(t => t.DeviceId, t => t.Tag);
        var fields = (await source.QueryRows<FieldRow>(
            "select f.device_id, f.name, f.value from ({rows}) v join device_fields f on f.device_id = v.id order by f.name", ids)).ToLookup(f => f.DeviceId);
        return [.. rows.Select(r => r.Shown([.. tags[r.Id]], fields[r.Id].ToDictionary(f => f.Name, f => f.Value)))];
    }

    private Device Shown(IReadOnlyList<string> tags, IReadOnlyDictionary<string, string> fields) => new(
        Id,
        OrgId.Value,
        SiteId,
        Hostname,
        DisplayName,
        DecommissionedAt is not null ? DeviceStatus.Decommissioned : Online ? DeviceStatus.Online : DeviceStatus.Offline,
        EnumName.TryParse<OsType>(OsType, out var os) ? os : throw new InvalidOperationException($"No operating system {OsType}."),
        OsVersion,
        Architecture,
        AgentVersion,
        tags,
        fields,
        EnrolledAt,
        LastSeenAt,
        DecommissionedAt,
        SiteName,
        Pending);

    private sealed class TagRow
    {
        public Guid DeviceId { get; init; }
        public string Tag { get; init; } = "";
    }

    private sealed class FieldRow
    {
        public Guid DeviceId { get; init; }
        public string Name { get; init; } = "";
        public string Value { get; init; } = "";
    }
}
