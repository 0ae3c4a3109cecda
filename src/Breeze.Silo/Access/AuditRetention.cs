using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>Cuts old lines off the beginning of the audit log's chains; the anchor says where each begins since then.</summary>
/// <remarks>
/// Only whole links go: a line that is followed by nothing that it fits, or was changed, stays and everything after it, so that no tampering
/// is tidied away. The chain's head is not touched, so nobody who writes a line waits.
/// </remarks>
internal sealed class AuditRetention(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<AuditRetention> logger)
    : RetentionLoop(database, settings.Retention.AuditDays, clock, logger)
{
    private const int ChainsAtOnce = 50;
    private readonly TimeProvider _clock = clock;
    private Guid? _lookedAt;

    protected override string What => "audit_logs";

    protected override async Task<int> Delete(DbTransaction tx, DateTimeOffset before)
    {
        while (true)
        {
            var chains = (await tx.Connection!.QueryAsync<Guid>(
                $"""
                select h.chain from audit_heads h left join audit_anchors a on a.chain = h.chain
                join audit_logs l on l.chain = h.chain and l.seq = coalesce(a.seq, 0) + 1
                where l.at < @before {(_lookedAt is null ? "" : "and h.chain > @_lookedAt")} order by h.chain limit {ChainsAtOnce}
                """,
                new { before, _lookedAt },
                tx)).AsList();
            if (chains.Count == 0)
            {
                _lookedAt = null;
                return 0;
            }

            var cut = 0;
            foreach (var chain in chains)
            {
                var most = StepRows - cut;
                var gone = await Cut(tx, chain, before, most);
                cut += gone;
                if (gone == most)
                {
                    return cut;
                }

                _lookedAt = chain;
            }

            if (cut > 0)
            {
                return cut;
            }
        }
    }

    private async Task<int> Cut(DbTransaction tx, Guid chain, DateTimeOffset before, int most)
    {
        var args = new { chain, genesis = Audit.Genesis, now = _clock.GetUtcNow() };
        await tx.Connection!.ExecuteAsync(
            "insert into audit_anchors (chain, seq, hash, cut_at) values (@chain, 0, @genesis, @now) on conflict (chain) do nothing", args, tx);
        var anchor = await tx.Connection!.QuerySingleOrDefaultAsync<AuditAnchor>(
            $"select a.chain, a.seq, a.hash from audit_anchors a where a.chain = @chain{SkipHeld(tx, "a")}", args, tx);
        if (anchor is null)
        {
            return 0;
        }

        var lines = await tx.Connection!.QueryAsync<AuditLine>(
            "select l.* from audit_logs l where l.chain = @chain and l.seq > @Seq order by l.seq limit @most", new { chain, anchor.Seq, most }, tx);
        var (seq, hash) = (anchor.Seq, anchor.Hash);
        foreach (var line in lines)
        {
            if (line.At >= before.ToUnixTimeMilliseconds() || AuditQueries.Fault(line, seq + 1, hash) is not null)
            {
                break;
            }

            (seq, hash) = (line.Seq, line.Hash);
        }

        if (seq == anchor.Seq)
        {
            return 0;
        }

        await tx.Connection!.ExecuteAsync(
            "update audit_anchors set seq = @seq, hash = @hash, cut_at = @now where chain = @chain", new { chain, seq, hash, args.now }, tx);
        return await tx.Connection!.ExecuteAsync("delete from audit_logs where chain = @chain and seq <= @seq", new { chain, seq }, tx);
    }
}

/// <summary>The last line of a chain that is gone; sequence 0 and the genesis hash when none is.</summary>
internal sealed class AuditAnchor
{
    public Guid Chain { get; init; }
    public long Seq { get; init; }
    public string Hash { get; init; } = Audit.Genesis;
}
