using Breeze.Contracts.Agents;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary><c>GET /cluster</c>: which silos there are, from the leases that they renew.</summary>
internal static class ClusterEndpoints
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    public static void MapCluster(this RouteGroupBuilder api) =>
        api.MapGroup("/cluster").WithTags("Cluster").MapGet("/", Get).RequireRight(Right.ViewInternals).ShedAs(RequestClass.Result);

    private static async Task<IResult> Get(IDatabase database, SiloLease lease, SiloSettings settings, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await database.Read(
            connection => connection.QueryAsync<LeaseRow>(
                """
                select l.silo_id, l.version, l.schema_version, l.started_at, l.lease_until, l.draining_since, l.ended_at, l.agents
                from silo_leases l where l.lease_until > @oldest order by l.started_at desc, l.silo_id
                """,
                new { oldest = now - (long)Remembered.TotalMilliseconds }),
            cancel);
        var scripts = await database.Read(connection => connection.QueryAsync<string>("select ScriptName from schema_versions"), cancel);
        var schema = scripts.Select(Migrations.Short).Max(StringComparer.Ordinal)!;
        var silos = rows.Select(r => r.ToSilo(now, lease.SiloId, schema)).OrderBy(s => s.Status is not (SiloState.Active or SiloState.Draining)).ToList();
        return Replies.Ok(new ClusterStatus(
            settings.Cluster.ClusterId, SettingsBinder.Shown(database.Engine), schema, silos.Count(s => s.Status == SiloState.Active), silos.Sum(s => s.ConnectedAgents), silos));
    }

    private sealed class LeaseRow
    {
        public string SiloId { get; init; } = "";
        public string? Version { get; init; }
        public long StartedAt { get; init; }
        public string? SchemaVersion { get; init; }
        public long LeaseUntil { get; init; }
        public long? DrainingSince { get; init; }
        public long? EndedAt { get; init; }
        public long Agents { get; init; }

        public ClusterSilo ToSilo(long now, string here, string schema)
        {
            var status = EndedAt is not null ? SiloState.Stopped
                : LeaseUntil <= now ? SiloState.Lost
                : DrainingSince is not null ? SiloState.Draining
                : SiloState.Active;
            return new(
                SiloId,
                Version,
                status,
                DateTimeOffset.FromUnixTimeMilliseconds(StartedAt),
                DateTimeOffset.FromUnixTimeMilliseconds(LeaseUntil),
                EndedAt is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null,
                status is SiloState.Active or SiloState.Draining ? Agents : 0,
                SiloId == here,
                SchemaVersion,
                string.CompareOrdinal(SchemaVersion, schema) < 0);
        }
    }
}
