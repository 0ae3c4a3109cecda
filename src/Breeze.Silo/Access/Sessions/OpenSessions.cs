using System.Collections.Concurrent;
using System.Security.Cryptography;
using Breeze.Silo.Storage;
using Orleans.Storage;

namespace Breeze.Silo.Access.Sessions;

/// <summary>Begins, finds and ends sessions, and makes and redeems sign-in links, on whichever silo is asked.</summary>
/// <remarks>A session found is remembered for two seconds, so that a page's requests are no grain call each. Its end here is noticed here at once.</remarks>
internal sealed class OpenSessions(IGrainFactory grains, TimeProvider clock)
{
    /// <summary>How long another silo's sign-out may go unnoticed.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(2);
    private const int MostRemembered = 10_000;

    private readonly ConcurrentDictionary<string, (SessionState State, long At)> _known = new(StringComparer.Ordinal);

    public Task Begin(string hash, SessionState session) => grains.GetGrain<ISessionGrain>(hash).Begin(session);

    /// <summary>The session whose secret has this hash; null when there is none, or it is over.</summary>
    public async Task<SessionState?> Find(string hash)
    {
        if (!_known.TryGetValue(hash, out var entry) || clock.GetElapsedTime(entry.At) > Remembered)
        {
            var at = clock.GetTimestamp();
            if (await Ask(() => grains.GetGrain<ISessionGrain>(hash).Find()) is not { } session)
            {
                _known.TryRemove(hash, out _);
                return null;
            }

            if (_known.Count >= MostRemembered)
            {
                _known.Clear();
            }

            _known[hash] = entry = (session, at);
        }

        return entry.State.ExpiresAt > clock.GetUtcNow() ? entry.State : null;
    }

    public async Task End(string hash)
    {
        try
        {
            await grains.GetGrain<ISessionGrain>(hash).End();
        }
        finally
        {
            _known.TryRemove(hash, out _);
        }
    }

    public Task BeginLink(string hash, SessionLinkState link) => grains.GetGrain<ISessionLinkGrain>(hash).Begin(link);

    /// <summary>The API key that a link stands for, this once; null when it does not, or no longer.</summary>
    public async Task<Guid?> Redeem(string hash)
    {
        try
        {
            return await grains.GetGrain<ISessionLinkGrain>(hash).Redeem();
        }
        catch (InconsistentStateException)
        {
            // Somebody else was first, on another silo.
            return null;
        }
    }

    // Grain storage fails in more ways than the product's own; whatever it is, it says nothing about the session.
    private static async Task<T> Ask<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (Exception e) when (e is not StorageUnavailableException)
        {
            throw new StorageUnavailableException("The session could not be looked up.", e);
        }
    }
}

/// <summary>The secret in a sign-in cookie or link: 256 random bits, stored only as their hash.</summary>
internal static class SessionSecret
{
    /// <summary>Characters of a secret.</summary>
    public const int Length = 43;

    public static string New() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string Hash(string secret) => KeyText.Hash(secret);

    /// <summary>The session's anti-forgery token: it follows from the secret, and the secret does not follow from it, so no silo has to keep it.</summary>
    public static string AntiForgeryToken(string secret) => System.Buffers.Text.Base64Url.EncodeToString(
        HMACSHA256.HashData(System.Text.Encoding.ASCII.GetBytes(secret), "breeze anti-forgery"u8));
}
