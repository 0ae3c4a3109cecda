using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>Appends to the audit log, in the transaction of what it tells of.</summary>
/// <remarks>
/// Each line's hash covers the line and the hash before it, so that a changed or removed line breaks every later one of its chain.
/// The chain's head row is locked until the caller's transaction ends: write the line last, so that others wait only briefly.
/// </remarks>
public static class Audit
{
    /// <summary>The hash before a chain's first line.</summary>
    public const string Genesis = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Appends one line; it is there exactly if the transaction commits.</summary>
    public static async Task Write(DbTransaction tx, AuditEntry entry)
    {
        var connection = tx.Connection!;
        var head = await connection.QuerySingleAsync<HeadRow>(
            """
            insert into audit_heads (chain, seq, hash) values (@chain, 1, @genesis)
            on conflict (chain) do update set seq = audit_heads.seq + 1
            returning seq, hash
            """,
            new { chain = entry.Chain.Value, genesis = Genesis },
            tx);
        var line = AuditLine.Of(entry, head.Seq, head.Hash);
        await connection.ExecuteAsync(
            """
            insert into audit_logs (id, chain, seq, org_id, at, actor_kind, actor_id, actor_name, address, action, target_kind, target_id,
              result, details, previous_hash, hash)
            values (@Id, @Chain, @Seq, @OrgId, @At, @ActorKind, @ActorId, @ActorName, @Address, @Action, @TargetKind, @TargetId,
              @Result, @Details, @PreviousHash, @Hash)
            """,
            line,
            tx);
        await connection.ExecuteAsync("update audit_heads set hash = @Hash where chain = @Chain", line, tx);
        if (entry is { Result: AuditEntry.Ok, Actor.Operation: { } operation })
        {
            await TookEffect(tx, operation);
        }
    }

    /// <summary>Appends many lines, of one chain or several, with a few statements a chain; each chain's lines keep their order.</summary>
    public static async Task WriteAll(DbTransaction tx, IReadOnlyCollection<AuditEntry> entries)
    {
        // Heads are locked in one order, so that two such transactions never wait for each other.
        foreach (var chain in entries.GroupBy(e => e.Chain.Value).OrderBy(g => g.Key))
        {
            var lines = new List<AuditLine>();
            var count = chain.Count();
            var head = await tx.Connection!.QuerySingleAsync<HeadRow>(
                """
                insert into audit_heads (chain, seq, hash) values (@chain, @count, @genesis)
                on conflict (chain) do update set seq = audit_heads.seq + @count
                returning seq, hash
                """,
                new { chain = chain.Key, count, genesis = Genesis },
                tx);
            foreach (var entry in chain)
            {
                lines.Add(AuditLine.Of(entry, head.Seq - count + lines.Count + 1, lines.Count == 0 ? head.Hash : lines[^1].Hash));
            }

            await Insert(tx, lines);
            await tx.Connection!.ExecuteAsync("update audit_heads set hash = @Hash where chain = @Chain", lines[^1], tx);
        }

        foreach (var operation in entries.Where(e => e.Result == AuditEntry.Ok).Select(e => e.Actor.Operation).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            await TookEffect(tx, operation);
        }
    }

    // Should the answer be lost from here on, a repeat under the same key must not do it again. Where a repeat has taken the key over already,
    // its silo having been given up, this is the one that must not.
    private static async Task TookEffect(DbTransaction tx, string operation)
    {
        var (id, token) = IdempotentOperation.Parts(operation);
        var noted = await tx.Connection!.ExecuteAsync(
            "update idempotent_answers set has_effect = 1 where id = @id and (@token is null or token = @token)", new { id, token }, tx);
        if (noted == 0 && token is not null)
        {
            throw new StorageUnavailableException("The request is being carried out elsewhere: this silo was given up.", retryable: true);
        }
    }

    private static Task<int> Insert(DbTransaction tx, List<AuditLine> lines) => tx.ExecuteRows(
        """
        insert into audit_logs (id, chain, seq, org_id, at, actor_kind, actor_id, actor_name, address, action, target_kind, target_id,
          result, details, previous_hash, hash)
        select v.id, v.chain, v.seq, v.org_id, v.at, v.actor_kind, v.actor_id, v.actor_name, v.address, v.action, v.target_kind, v.target_id,
          v.result, v.details, v.previous_hash, v.hash from ({rows}) v
        """,
        new Rows()
            .Uuid("id", [.. lines.Select(l => l.Id)])
            .Uuid("chain", [.. lines.Select(l => l.Chain)])
            .BigInt("seq", [.. lines.Select(l => l.Seq)])
            .Uuid("org_id", [.. lines.Select(l => l.OrgId)])
            .BigInt("at", [.. lines.Select(l => l.At)])
            .Text("actor_kind", [.. lines.Select(l => l.ActorKind)])
            .Text("actor_id", [.. lines.Select(l => l.ActorId)])
            .Text("actor_name", [.. lines.Select(l => l.ActorName)])
            .Text("address", [.. lines.Select(l => l.Address)])
            .Text("action", [.. lines.Select(l => l.Action)])
            .Text("target_kind", [.. lines.Select(l => l.TargetKind)])
            .Text("target_id", [.. lines.Select(l => l.TargetId)])
            .Text("result", [.. lines.Select(l => l.Result)])
            .Text("details", [.. lines.Select(l => l.Details)])
            .Text("previous_hash", [.. lines.Select(l => l.PreviousHash)])
            .Text("hash", [.. lines.Select(l => l.Hash)]));

    private sealed class HeadRow
    {
        public long Seq { get; init; }
        public string Hash { get; init; } = "";
    }
}

/// <summary>A stored line of the audit log.</summary>
internal sealed class AuditLine
{
    public Guid Id { get; init; }
    public Guid Chain { get; init; }
    public long Seq { get; init; }
    public Guid? OrgId { get; init; }
    public long At { get; init; }
    public string ActorKind { get; init; } = "";
    public string ActorId { get; init; } = "";
    public string ActorName { get; init; } = "";
    public string? Address { get; init; }
    public string Action { get; init; } = "";
    public string TargetKind { get; init; } = "";
    public string? TargetId { get; init; }
    public string Result { get; init; } = "";
    public string Details { get; init; } = "{}";
    public string PreviousHash { get; init; } = "";
    public string Hash { get; set; } = "";

    public static AuditLine Of(AuditEntry entry, long seq, string previousHash)
    {
        var line = new AuditLine
        {
            Id = Guid.CreateVersion7(entry.At),
            Chain = entry.Chain.Value,
            Seq = seq,
            OrgId = entry.Chain.OrgId?.Value,
            At = entry.At.ToUnixTimeMilliseconds(),
            ActorKind = entry.Actor.Kind,
            ActorId = entry.Actor.Id,
            ActorName = entry.Actor.Name,
            Address = entry.Actor.Address,
            Action = entry.Action,
            TargetKind = entry.TargetKind,
            TargetId = entry.TargetId,
            Result = entry.Result,
            Details = entry.Details is null ? "{}" : JsonSerializer.Serialize(entry.Details, BreezeJson.Options),
            PreviousHash = previousHash,
        };
        line.Hash = line.ComputeHash();
        return line;
    }

    /// <summary>SHA-256, lower hex, over the JSON array of the previous hash and every column but the hash itself, in this order.</summary>
    public string ComputeHash()
    {
        var text = JsonSerializer.Serialize(new object?[]
        {
            PreviousHash, Id, Chain, Seq, OrgId, At, ActorKind, ActorId, ActorName, Address, Action, TargetKind, TargetId, Result, Details,
        });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
