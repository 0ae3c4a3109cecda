using System.Collections.Concurrent;
using System.Data.Common;
using Breeze.Core.Patches;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>The ids that stand for (source, externalId), shared by all tenants and never changed.</summary>
internal sealed class PatchIdentities
{
    private const int MostRemembered = 500_000;

    private readonly ConcurrentDictionary<(PatchSource Source, string ExternalId), Guid> _known = new();

    /// <summary>Makes what is not there yet and answers all ids.</summary>
    /// <param name="fresh">Ids made or first seen in this transaction, kept by the caller for its further rounds.</param>
    public async Task<IReadOnlyDictionary<(PatchSource Source, string ExternalId), Guid>> Resolve(
        DbTransaction tx,
        IEnumerable<(PatchSource Source, string ExternalId)> wanted,
        Dictionary<(PatchSource Source, string ExternalId), Guid> fresh,
        DateTimeOffset now)
    {
        var found = new Dictionary<(PatchSource, string), Guid>();
        var missing = new SortedSet<(PatchSource Source, string ExternalId)>(Comparer<(PatchSource Source, string ExternalId)>.Create(
            static (a, b) => a.Source != b.Source ? a.Source.CompareTo(b.Source) : string.CompareOrdinal(a.ExternalId, b.ExternalId)));
        foreach (var key in wanted)
        {
            if (_known.TryGetValue(key, out var id) || fresh.TryGetValue(key, out id))
            {
                found[key] = id;
            }
            else
            {
                missing.Add(key);
            }
        }

        if (missing.Count == 0)
        {
            return found;
        }

        foreach (var (key, id) in await Read(tx, missing))
        {
            found[key] = id;
            missing.Remove(key);
            if (_known.Count > MostRemembered)
            {
                _known.Clear();
            }

            // Committed by somebody: what this transaction makes itself is remembered when the next one reads it.
            _known[key] = id;
        }

        await Make(tx, missing, now);
        foreach (var (key, id) in await Read(tx, missing))
        {
            found[key] = fresh[key] = id;
        }

        return found;
    }

    private static async Task<Dictionary<(PatchSource, string), Guid>> Read(DbTransaction tx, IReadOnlyCollection<(PatchSource Source, string ExternalId)> keys) =>
        (await tx.QueryRows<IdentityRow>(
            "select t.id, t.source, t.external_id from ({rows}) v cross join patches t where t.source = v.source and t.external_id = v.external_id",
            Keys(keys))).ToDictionary(r => ((PatchSource)r.Source, r.ExternalId), r => r.Id);

    // In one order: two silos that see the same new patches first must not wait for each other.
    private static Task<int> Make(DbTransaction tx, IReadOnlyCollection<(PatchSource Source, string ExternalId)> keys, DateTimeOffset now) => tx.ExecuteRows(
        """
        insert into patches (id, source, external_id, created_at)
        select v.patch_id, v.source, v.external_id, @now from ({rows}) v where true on conflict (source, external_id) do nothing
        """,
        Keys(keys).Uuid("patch_id", [.. keys.Select(_ => Guid.CreateVersion7(now))]),
        new { now = now.ToUnixTimeMilliseconds() });

    private static Rows Keys(IReadOnlyCollection<(PatchSource Source, string ExternalId)> keys) => new Rows()
        .Int("source", [.. keys.Select(k => (int)k.Source)])
        .Text("external_id", [.. keys.Select(k => k.ExternalId)]);

    private sealed class IdentityRow
    {
        public Guid Id { get; init; }

        public int Source { get; init; }

        public string ExternalId { get; init; } = "";
    }
}
