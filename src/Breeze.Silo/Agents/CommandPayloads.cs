using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Command payloads, each text stored once.</summary>
internal static class CommandPayloads
{
    /// <summary>How exactly a payload's last use is noted: no oftener, for everybody who sends it would write the same row.</summary>
    public static readonly TimeSpan UseNotedEvery = TimeSpan.FromDays(1);

    /// <summary>Makes sure the texts are stored and not forgotten; answers each one's id.</summary>
    public static async Task<IReadOnlyDictionary<string, Guid>> Store(DbTransaction tx, IEnumerable<string> payloads, DateTimeOffset now)
    {
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        string? last = null;
        foreach (var payload in payloads)
        {
            // A rollout hands the same string object a thousand times: hashing it each time would cost more than the insert.
            if (!ReferenceEquals(payload, last) && !ids.ContainsKey(payload))
            {
                ids.Add(payload, Id(payload));
            }

            last = payload;
        }

        // In one order, or two transactions that store the same payloads could wait for each other.
        var rows = ids.OrderBy(p => p.Value).ToList();
        var stored = rows.Select(r => r.Value).ToArray();
        // Before the insert: whoever deletes it has done so by then, or finds it in use.
        await tx.ExecuteRows(
            "with v as ({rows}) update command_payloads set used_at = @now from v where command_payloads.id = v.payload_id and used_at < @noted",
            new Rows().Uuid("payload_id", stored),
            new { now, noted = now - UseNotedEvery });
        await tx.ExecuteRows(
            "insert into command_payloads (id, body, used_at) select v.payload_id, v.body, @now from ({rows}) v where true on conflict (id) do nothing",
            new Rows().Uuid("payload_id", stored).Text("body", [.. rows.Select(r => (string?)r.Key)]),
            new { now });
        return ids;
    }

    private static Guid Id(string payload) => new(SHA256.HashData(Encoding.UTF8.GetBytes(payload)).AsSpan(0, 16), bigEndian: true);
}
