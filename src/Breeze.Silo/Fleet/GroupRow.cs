using System.Text.Json;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>A row of <c>device_groups</c>.</summary>
internal sealed class GroupRow
{
    public const string Columns = "g.id, g.org_id, g.name, g.kind, g.filter, g.created_at, g.version";

    public Guid Id { get; init; }
    public OrgId OrgId { get; init; }
    public string Name { get; init; } = "";
    public string Kind { get; init; } = "";
    public string? Filter { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public long Version { get; init; }

    public GroupType Type => Kind == "dynamic" ? GroupType.Dynamic : GroupType.Static;

    public Group Shown(long? deviceCount) =>
        new(Id, OrgId.Value, Name, Type, Filter is null ? null : JsonSerializer.Deserialize<JsonElement>(Filter), deviceCount, CreatedAt);

    public static Task<GroupRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<GroupRow>(
        $"select {Columns} from device_groups g where g.id = @id and {scope.Sql("g.org_id")}", new { id, scopeId = scope.Id });
}
