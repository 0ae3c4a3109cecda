using System.Collections.Concurrent;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access.Sessions;

namespace Breeze.Silo.Access;

/// <summary>Recognises callers by their keys and sessions, with a memory short enough that a revocation acts at once.</summary>
internal sealed class Callers(ApiKeyStore keys, OpenSessions sessions, TimeProvider clock)
{
    /// <summary>How long another silo's revocation may go unnoticed. This silo's own is noticed at once.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(2);
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> uses = new();

    private readonly ConcurrentDictionary<string, (ApiKeyRow Row, long At)> known = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<Guid, (ApiKeyRow Row, long At)> knownById = new();

    /// <summary>The caller whose key this is; null when it is unknown, expired or revoked.</summary>
    public async Task<Caller?> Recognise(string key, string? address, CancellationToken cancel)
    {
        var hash = KeyText.Hash(key);
        if (!known.TryGetValue(hash, out var entry) || clock.GetElapsedTime(entry.At) > Remembered)
        {
            var at = clock.GetTimestamp();
            if (await keys.ByHash(hash, cancel) is not { } row || !KeyText.SameHash(row.KeyHash, hash))
            {
                known.TryRemove(hash, out _);
                return null;
            }

            if (known.Count >= MostRemembered)
            {
                known.Clear();
            }

            known[hash] = entry = (row, at);
        }

        if (!Holds(entry.Row))
        {
            return null;
        }

        uses[entry.Row.Id] = clock.GetUtcNow();
        return entry.Row.ToCaller(address);
    }

    /// <summary>The caller whose session this is: as its key stands now, or as the issuer named it. Null when the key no longer holds.</summary>
    public async Task<Caller?> Of(SessionState session, string? address, CancellationToken cancel)
    {
        if (session.User is { } user)
        {
            return user with { Address = address };
        }

        if (await Key(session.KeyId!.Value, cancel) is not { } row)
        {
            return null;
        }

        uses[row.Id] = clock.GetUtcNow();
        return row.ToCaller(address);
    }

    /// <summary>A key by its id; null when it is unknown, expired or revoked.</summary>
    public async Task<ApiKeyRow?> Key(Guid id, CancellationToken cancel)
    {
        if (!knownById.TryGetValue(id, out var entry) || clock.GetElapsedTime(entry.At) > Remembered)
        {
            var at = clock.GetTimestamp();
            if (await keys.ById(id, cancel) is not { } row)
            {
                return null;
            }

            if (knownById.Count >= MostRemembered)
            {
                knownById.Clear();
            }

            knownById[id] = entry = (row, at);
        }

        return Holds(entry.Row) ? entry.Row : null;
    }

    /// <summary>The same caller as its key or session stands now; null when it no longer holds. An OIDC caller stands until the token ends.</summary>
    public async Task<Caller?> Refresh(CallerIdentity identity)
    {
        var caller = identity.Caller;
        if (identity.Session is { } cookie)
        {
            return await sessions.Find(cookie.Hash) is { } session ? await Of(session, caller.Address, CancellationToken.None) : null;
        }

        if (identity.TokenEnds is { } ends)
        {
            return clock.GetUtcNow().UtcDateTime < ends ? caller : null;
        }

        return (await Key(caller.KeyId.Value, CancellationToken.None))?.ToCaller(caller.Address);
    }

    /// <summary>The keys used since this was last asked, and when.</summary>
    public IReadOnlyDictionary<Guid, DateTimeOffset> TakeUses()
    {
        var taken = new Dictionary<Guid, DateTimeOffset>();
        foreach (var id in uses.Keys)
        {
            if (uses.TryRemove(id, out var at))
            {
                taken[id] = at;
            }
        }

        return taken;
    }

    /// <summary>Forgets a key that was just revoked here.</summary>
    public void Forget(ApiKeyId id)
    {
        knownById.TryRemove(id.Value, out _);
        foreach (var (hash, entry) in known)
        {
            if (entry.Row.Id == id.Value)
            {
                known.TryRemove(hash, out _);
            }
        }
    }

    private bool Holds(ApiKeyRow row) =>
        row.RevokedAt is null && (row.ExpiresAt is not { } end || end > clock.GetUtcNow());
}
