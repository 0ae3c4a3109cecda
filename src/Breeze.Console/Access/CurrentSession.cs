using Breeze.Client;
using Breeze.Contracts.Access;

namespace Breeze.Console.Access;

/// <summary>Who is signed in on this page.</summary>
public sealed class CurrentSession(BreezeClient client)
{
    private HashSet<string> _rights = [];

    /// <summary>Null while nobody is.</summary>
    public Session? Now { get; private set; }

    /// <summary>Somebody signed in, or the session is over.</summary>
    public event Action? Changed;

    /// <summary>One of <see cref="Rights"/>.</summary>
    public bool May(string right) => _rights.Contains(right);

    /// <summary>Whether the cookie of this browser still stands for somebody.</summary>
    /// <exception cref="BreezeException">The server is away.</exception>
    public async Task<bool> Resume(CancellationToken cancel = default)
    {
        try
        {
            Take(await client.Session.Current(cancel));
            return true;
        }
        catch (BreezeException nobody) when (nobody.Status == 401)
        {
            Take(null);
            return false;
        }
    }

    public async Task SignIn(string key) => Take(await client.Session.SignIn(key));

    public async Task SignInByLink(string link) => Take(await client.Session.SignInByLink(link));

    public async Task SignOut()
    {
        await client.Session.SignOut();
        Take(null);
    }

    /// <summary>The server said that it is over.</summary>
    public void Ended()
    {
        if (Now is not null)
        {
            Take(null);
        }
    }

    private void Take(Session? session)
    {
        Now = session;
        _rights = session is null ? [] : [.. session.Rights];
        Changed?.Invoke();
    }
}
