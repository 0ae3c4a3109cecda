using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>Where a page of the audit log ended.</summary>
internal sealed record AuditPosition(long At, long Seq, Guid Id);

/// <summary>What of the audit log is asked for; null takes all.</summary>
internal sealed record AuditFilter(string? Action, string? ActorId, string? TargetId, string? Result);

/// <summary>Reads the audit log and checks its chains.</summary>
internal sealed class AuditQueries(IDatabase database)
{
    private const int LinesAtOnce = 1000;
    private const int MostBroken = 100;

    public Task<(IReadOnlyList<AuditLine> Lines, long Total)> List(
        OrgScope scope, AuditFilter filter, AuditPosition? after, long offset, int limit, CancellationToken cancel) =>
        database.Read<(IReadOnlyList<AuditLine>, long)>(
            async connection =>
            {
                var args = new
                {
                    scopeId = scope.Id,
                    filter.Action,
                    filter.ActorId,
                    filter.TargetId,
                    filter.Result,
                    at = after?.At,
                    seq = after?.Seq,
                    id = after?.Id,
                    limit,
                    offset,
                };
                var where = $"where {InReach(scope)}{Conditions(filter)}";
                var following = after is null ? "" : "and (l.at, l.seq, l.id) < (@at, @seq, @id)";
                var lines = await connection.QueryAsync<AuditLine>(
                    $"select l.* from audit_logs l {where} {following} order by l.at desc, l.seq desc, l.id desc limit @limit offset @offset", args);
                return (lines.AsList(), await Total(connection, scope, filter, where, args));
            },
            cancel);

    /// <summary>Follows every chain in reach to its head, from its first line or, where old lines were deleted, from its anchor.</summary>
    public async Task<AuditVerification> Verify(OrgScope scope, CancellationToken cancel)
    {
        var heads = await database.Read(
            async connection => (await connection.QueryAsync<Head>(
                $"select l.chain, l.seq, l.hash from audit_heads l where {InReach(scope)} order by l.chain", new { scopeId = scope.Id })).AsList(),
            cancel);
        var broken = new List<BrokenChain>();
        var lines = 0L;
        foreach (var head in heads)
        {
            var (checkedLines, fault) = await Follow(head, cancel);
            lines += checkedLines;
            if (fault is not null && broken.Count < MostBroken)
            {
                broken.Add(fault);
            }
        }

        return new AuditVerification(broken.Count == 0, heads.Count, lines, broken);
    }

    public static AuditLog ToLog(AuditLine line) => new(
        line.Id,
        line.OrgId,
        DateTimeOffset.FromUnixTimeMilliseconds(line.At),
        new(line.ActorKind, line.ActorId, line.ActorName, line.Address),
        line.Action,
        new(line.TargetKind, line.TargetId),
        line.Result,
        JsonSerializer.Deserialize<JsonElement>(line.Details),
        line.Seq,
        line.PreviousHash,
        line.Hash);

    private async Task<(long Lines, BrokenChain? Fault)> Follow(Head head, CancellationToken cancel)
    {
        var anchor = await Anchor(head.Chain, cancel);
        var (seq, hash) = (anchor.Seq, anchor.Hash);
        var cut = seq;
        while (seq < head.Seq)
        {
            var page = await database.Read(
                async connection => (await connection.QueryAsync<AuditLine>(
                    "select l.* from audit_logs l where l.chain = @chain and l.seq > @seq and l.seq <= @last order by l.seq limit @limit",
                    new { chain = head.Chain, seq, last = head.Seq, limit = LinesAtOnce })).AsList(),
                cancel);
            foreach (var line in page)
            {
                if (Fault(line, seq + 1, hash) is { } reason)
                {
                    if (await MovedOn())
                    {
                        break;
                    }

                    return (seq - cut, new BrokenChain(head.Chain, seq + 1, reason));
                }

                (seq, hash) = (line.Seq, line.Hash);
            }

            if ((page.Count == 0 || (page.Count < LinesAtOnce && page[^1].Seq == seq)) && seq < head.Seq && !await MovedOn())
            {
                return (seq - cut, new BrokenChain(head.Chain, seq + 1, "The line is missing."));
            }
        }

        return hash == head.Hash || seq > head.Seq
            ? (seq - cut, null)
            : (seq - cut, new BrokenChain(head.Chain, seq, "The last line is not the one that the chain ends with."));

        // Lines may have been cut off while they were being followed: then there is a later anchor to go on from.
        async Task<bool> MovedOn()
        {
            var later = await Anchor(head.Chain, cancel);
            var moved = later.Seq > seq;
            if (moved)
            {
                cut += later.Seq - seq;
                (seq, hash) = (later.Seq, later.Hash);
            }

            return moved;
        }
    }

    private Task<AuditAnchor> Anchor(Guid chain, CancellationToken cancel) => database.Read(
        async connection => await connection.QuerySingleOrDefaultAsync<AuditAnchor>(
            "select a.chain, a.seq, a.hash from audit_anchors a where a.chain = @chain", new { chain }) ?? new() { Chain = chain },
        cancel);

    /// <summary>What is wrong with a line that should be the next; null: nothing.</summary>
    internal static string? Fault(AuditLine line, long expected, string previous) => line switch
    {
        _ when line.Seq != expected => "The line is missing.",
        _ when line.PreviousHash != previous => "The line does not follow the one before it.",
        _ when line.Hash != line.ComputeHash() => "The line was changed.",
        _ => null,
    };

    // Without a filter the heads and the anchors know the total, however long the log is.
    private static Task<long> Total(DbConnection connection, OrgScope scope, AuditFilter filter, string where, object args) =>
        connection.ExecuteScalarAsync<long>(
            filter == new AuditFilter(null, null, null, null)
                ? $"select coalesce(sum(l.seq - coalesce(a.seq, 0)), 0) from audit_heads l left join audit_anchors a on a.chain = l.chain where {InReach(scope)}"
                : $"select count(*) from audit_logs l {where}",
            args);

    private static string InReach(OrgScope scope) => scope.Kind == ScopeKind.Partner
        ? $"(l.chain = @scopeId or {scope.Sql("l.chain")})"
        : scope.Sql("l.chain");

    private static string Conditions(AuditFilter filter) => string.Concat(
        filter.Action is null ? "" : " and l.action = @Action",
        filter.ActorId is null ? "" : " and l.actor_id = @ActorId",
        filter.TargetId is null ? "" : " and l.target_id = @TargetId",
        filter.Result is null ? "" : " and l.result = @Result");

    private sealed class Head
    {
        public Guid Chain { get; init; }
        public long Seq { get; init; }
        public string Hash { get; init; } = "";
    }
}
