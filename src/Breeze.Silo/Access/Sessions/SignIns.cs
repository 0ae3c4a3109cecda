using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access.Sessions;

/// <summary>Signing in and out. A session's cookie is set only after its line is in the audit log.</summary>
internal sealed class SignIns(OpenSessions sessions, Callers callers, IDatabase database, SiloSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan LinkLasts = TimeSpan.FromHours(1);

    /// <summary>Whoever a key belongs to, and how they signed in; null when it is unknown, expired or revoked.</summary>
    public async Task<Caller?> ByKey(string key, string? address, CancellationToken cancel) =>
        key.Length <= ApiKeyHandler.LongestKey ? await callers.Recognise(key, address, cancel) : null;

    /// <summary>Whoever a link was made for; it is used from here on. Null when it is unknown, over or used, or its key no longer holds.</summary>
    public async Task<Caller?> ByLink(string secret, string? address, CancellationToken cancel) =>
        secret.Length == SessionSecret.Length
        && await sessions.Redeem(SessionSecret.Hash(secret)) is { } key
        && await callers.Key(key, cancel) is { } row ? row.ToCaller(address) : null;

    /// <summary>Begins a session and sets its cookie.</summary>
    public async Task<CallerIdentity> Begin(HttpContext http, Caller caller, SignedInBy by)
    {
        var now = clock.GetUtcNow();
        var isUser = by == SignedInBy.Oidc;
        var secret = SessionSecret.New();
        var hash = SessionSecret.Hash(secret);
        var ends = now.AddHours(settings.Console.SessionHours);
        if (!isUser && await callers.Key(caller.KeyId.Value, http.RequestAborted) is { ExpiresAt: { } keyEnds } && keyEnds < ends)
        {
            ends = keyEnds;
        }

        var session = new SessionState
        {
            Id = Guid.CreateVersion7(now),
            KeyId = isUser ? null : caller.KeyId.Value,
            User = isUser ? caller : null,
            By = by,
            ExpiresAt = ends,
        };
        await sessions.Begin(hash, session);
        await Note(caller, "session.sign_in", session.Id, new { by, expiresAt = ends });
        SessionCookie.Set(http, secret, ends);
        return new CallerIdentity(caller, new CookieSession(hash, session.Id, SessionSecret.AntiForgeryToken(secret), by, ends));
    }

    /// <summary>Ends the session everywhere.</summary>
    public async Task End(Caller caller, CookieSession session)
    {
        await Note(caller, "session.sign_out", session.Id, null);
        await sessions.End(session.Hash);
    }

    /// <summary>A link that signs in with this key, once, within an hour.</summary>
    public async Task<(string Secret, DateTimeOffset ExpiresAt)> MakeLink(Guid key)
    {
        var secret = SessionSecret.New();
        var ends = clock.GetUtcNow() + LinkLasts;
        await sessions.BeginLink(SessionSecret.Hash(secret), new SessionLinkState { KeyId = key, ExpiresAt = ends });
        return (secret, ends);
    }

    /// <summary>The same, asked for by the key itself.</summary>
    public async Task<(string Secret, DateTimeOffset ExpiresAt)> MakeLink(Caller caller)
    {
        var link = await MakeLink(caller.KeyId.Value);
        await Note(caller, "session.link", null, new { link.ExpiresAt });
        return link;
    }

    private Task<bool> Note(Caller caller, string action, Guid? session, object? details) => database.Write(async tx =>
    {
        await Audit.Write(tx, new(
            AuditChain.Of(caller.Scope), clock.GetUtcNow(), AuditActor.Of(caller), action, "session", session?.ToString(), Details: details));
        return true;
    });
}
