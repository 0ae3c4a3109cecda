using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Jobs;

/// <summary>The devices a request names, told apart as the documents have it: an id in a list is never an error.</summary>
/// <param name="Usable">By organization.</param>
/// <param name="Missing">No such device.</param>
/// <param name="Inaccessible">Out of the caller's reach.</param>
/// <param name="OutOfService">Decommissioned, within the caller's reach.</param>
internal sealed record DevicesOfRequest(
    IReadOnlyList<IGrouping<OrgId, DeviceId>> Usable, IReadOnlyList<Guid> Missing, IReadOnlyList<Guid> Inaccessible, IReadOnlyList<Guid> OutOfService)
{
    private const int Most = 500;

    /// <summary>Refused (400): no list, an empty one, or more than 500.</summary>
    public static Refusal? Refuse(IReadOnlyList<Guid>? ids) => ids is { Count: > 0 and <= Most }
        ? null
        : Refusal.Invalid($"deviceIds is required: a list of 1 to {Most} device ids.", "deviceIds");

    public static async Task<DevicesOfRequest> Find(SqlSource source, OrgScope scope, IReadOnlyList<Guid> ids)
    {
        var distinct = ids.Distinct().ToArray();
        var rows = (await source.QueryRows<FoundRow>(
            $"""
            select d.id, d.org_id, d.decommissioned_at, case when {scope.Sql("d.org_id")} then 1 else 0 end as within
            from ({"{rows}"}) v cross join devices d where d.id = v.id
            """,
            new Rows().Uuid("id", distinct),
            new { scopeId = scope.Id })).ToDictionary(r => r.Id.Value);
        return new DevicesOfRequest(
            [.. distinct.Where(rows.ContainsKey).Select(id => rows[id]).Where(r => r is { Within: 1, DecommissionedAt: null }).GroupBy(r => r.OrgId, r => r.Id)],
            [.. distinct.Where(id => !rows.ContainsKey(id))],
            [.. distinct.Where(id => rows.TryGetValue(id, out var r) && r.Within == 0)],
            [.. distinct.Where(id => rows.TryGetValue(id, out var r) && r is { Within: 1, DecommissionedAt: not null })]);
    }

    private sealed class FoundRow
    {
        public DeviceId Id { get; init; }

        public OrgId OrgId { get; init; }

        public long? DecommissionedAt { get; init; }

        public int Within { get; init; }
    }
}
