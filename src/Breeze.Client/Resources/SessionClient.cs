using Breeze.Client.Http;
using Breeze.Contracts.Access;

namespace Breeze.Client.Resources;

/// <summary>Signing in to the console, and who is signed in.</summary>
/// <remarks>
/// The cookie is the browser's to keep; what is answered here also sets the anti-forgery token that this client sends from then on, so that a
/// page signs in, or asks <see cref="Current"/> when it is loaded, and need not think of it again.
/// </remarks>
public sealed class SessionClient
{
    private const string Root = "api/v1/session";
    private readonly Transport _transport;

    internal SessionClient(Transport transport) => _transport = transport;

    /// <summary>Signs in with an API key.</summary>
    /// <exception cref="BreezeException">401: unknown, revoked or expired; 429: too many failures from this address.</exception>
    public Task<Session> SignIn(string key, CancellationToken cancel = default) => Enter(new SignIn(Key: key), cancel);

    /// <summary>Signs in with the secret of a sign-in link, which works once.</summary>
    /// <exception cref="BreezeException">401: unknown, used or over; 429: too many failures from this address.</exception>
    public Task<Session> SignInByLink(string link, CancellationToken cancel = default) => Enter(new SignIn(Link: link), cancel);

    /// <summary>Who is signed in.</summary>
    /// <exception cref="BreezeException">401: nobody.</exception>
    public async Task<Session> Current(CancellationToken cancel = default) =>
        Keep(await _transport.Send<Session>(new(HttpMethod.Get, Root), cancel));

    /// <summary>Ends the session wherever it is open. Nobody signed in is what was wanted, too.</summary>
    public async Task SignOut(CancellationToken cancel = default)
    {
        try
        {
            await _transport.Send(new(HttpMethod.Delete, Root), cancel);
        }
        catch (BreezeException ended) when (ended.Status == 401)
        {
            // It had ended already.
        }

        _transport.AntiForgeryToken = null;
    }

    /// <summary>Which ways of signing in there are; needs no credential.</summary>
    public Task<SessionOptions> Options(CancellationToken cancel = default) =>
        _transport.Send<SessionOptions>(new(HttpMethod.Get, $"{Root}/options"), cancel);

    /// <summary>Makes a one-time sign-in link for the key that asks.</summary>
    public Task<SignInLink> CreateLink(CancellationToken cancel = default) =>
        _transport.Send<SignInLink>(new(HttpMethod.Post, $"{Root}/links"), cancel);

    private async Task<Session> Enter(SignIn body, CancellationToken cancel) =>
        Keep(await _transport.Send<Session>(new(HttpMethod.Post, Root) { Body = body }, cancel));

    private Session Keep(Session session)
    {
        _transport.AntiForgeryToken = session.AntiForgeryToken;
        return session;
    }
}
