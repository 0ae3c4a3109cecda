using System.Globalization;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>An order of devices, and where a list in that order goes on.</summary>
/// <param name="Name">As in the query; a minus turns it round.</param>
/// <param name="Column">An expression over <c>devices d</c> and what is joined to it that is never null.</param>
/// <param name="Joined">What the column needs beside the device: joined, for PostgreSQL would ask a subquery for each of them.</param>
internal sealed record DeviceSort(string Name, string Column, bool IsText, bool Descending = false, string Joined = "")
{
    public const string Names = "hostname, displayName, lastSeenAt, enrolledAt, osVersion, agentVersion, patchesPending";

    private static readonly DeviceSort[] All =
    [
        new("hostname", "d.hostname_key", true),
        // What a person reads in its place where there is none.
        new("displayName", "coalesce(d.display_name_key, d.hostname_key)", true),
        new("lastSeenAt", PresenceFilter.LastSeenOrder("@now"), false, Joined: PresenceFilter.LastSeenOrderJoin),
        new("enrolledAt", "d.enrolled_at", false),
        new("osVersion", "d.os_version", true),
        new("agentVersion", "d.agent_version", true),
        new("patchesPending", "coalesce(t.pending, 0)", false, Joined: " left join device_patch_totals t on t.device_id = d.id"),
    ];

    // Ids are in order of time, and the index that every list has serves it.
    private static readonly DeviceSort Newest = new("", "0", false, true);

    /// <summary>The <c>sort</c> of a query; newest first when there is none.</summary>
    /// <exception cref="RefusedException">400: no such order.</exception>
    public static DeviceSort Read(IQueryCollection query)
    {
        if (!query.TryGetValue("sort", out var given))
        {
            return Newest;
        }

        var name = given.Count == 1 ? given[0] : null;
        return All.SelectMany(s => new[] { s, s with { Name = "-" + s.Name, Descending = true } }).FirstOrDefault(s => s.Name == name)
            ?? throw new RefusedException(Refusal.Invalid($"sort must be one of {Names}; a minus in front turns it round.", "sort"));
    }

    /// <summary>What is selected beside the id, to order by and to go on from.</summary>
    public string Selected => IsText ? $"{Column} as text_key" : $"{Column} as number_key";

    /// <summary>The order of <c>text_key</c> or <c>number_key</c> and <c>id</c>.</summary>
    /// <param name="alias">Of the rows that have them.</param>
    public string OrderBy(string alias)
    {
        var way = Descending ? " desc" : "";
        return this == Newest ? $"{alias}.id desc" : $"{alias}.{(IsText ? "text_key" : "number_key")}{way}, {alias}.id{way}";
    }

    /// <summary>The same order, of the devices themselves.</summary>
    public string OrderDevices => this == Newest ? "d.id desc" : $"{Column}{(Descending ? " desc" : "")}, d.id{(Descending ? " desc" : "")}";

    /// <summary>The condition for what follows the cursor; empty without one.</summary>
    public string After(string? cursor, DynamicParameters arguments)
    {
        if (Cursors.Decode<DevicePosition>(cursor) is not { } at)
        {
            return "";
        }

        var number = 0L;
        if (at.Sort != Name || at.Key is null || (!IsText && !long.TryParse(at.Key, CultureInfo.InvariantCulture, out number)))
        {
            throw new RefusedException(Refusal.Invalid("cursor is of a list in another order.", "cursor"));
        }

        arguments.Add("after", at.Id);
        if (this == Newest)
        {
            return " and d.id < @after";
        }

        arguments.Add("key", IsText ? at.Key : number);
        return $" and ({Column}, d.id) {(Descending ? "<" : ">")} (@key, @after)";
    }

    public string Cursor(DeviceRow last) => Cursors.Encode(new DevicePosition(
        Name, IsText ? last.TextKey : last.NumberKey.ToString(CultureInfo.InvariantCulture), last.Id));

    private sealed record DevicePosition(string Sort, string Key, Guid Id);
}
