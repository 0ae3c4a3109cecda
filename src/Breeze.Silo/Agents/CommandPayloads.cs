using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Command payloads, each text stored once.</summary>
internal static class CommandPayloads
{
    /// <summary>Makes sure the texts are stored; answers each one's id.</summary>
    public static async Task<IReadOnlyDictionary<string, Guid>> Store(DbTransaction tx, IEnumerable<string> payloads)
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
        await tx.ExecuteRows(
            "insert into command_payloads (id, body) select v.payload_id, v.body from ({rows}) v where true on conflict (id) do nothing",
            new Rows().Uuid("payload_id", [.. rows.Select(r => r.Value)]).Text("body", [.. rows.Select(r => (string?)r.Key)]));
        return ids;
    }

    private static Guid Id(string payload) => new(SHA256.HashData(Encoding.UTF8.GetBytes(payload)).AsSpan(0, 16), bigEndian: true);
}
