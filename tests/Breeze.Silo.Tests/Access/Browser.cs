using System.Net;
using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Contracts.Live;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Silo.Tests.Access;

/// <summary>Sends what a browser sends: the cookie by itself, the Origin, and the token that our page read.</summary>
internal sealed class Browser : IDisposable
{
    private readonly SiloFixture _silo;
    private readonly HttpClient _http;

    private Browser(SiloFixture silo) => (_silo, _http, Origin) = (silo, silo.Client(), silo.Address.GetLeftPart(UriPartial.Authority));

    /// <summary>The cookie's value; null while nobody is signed in.</summary>
    public string? Cookie { get; set; }

    /// <summary>Null sends none.</summary>
    public string? Token { get; set; }

    /// <summary>Null sends none.</summary>
    public string? Origin { get; set; }

    public Reply SignedIn { get; private set; } = null!;

    public static Browser Open(SiloFixture silo) => new(silo);

    public static async Task<Browser> WithKey(SiloFixture silo, string key)
    {
        var browser = Open(silo);
        (await browser.SignIn(new { key })).Is(HttpStatusCode.OK);
        return browser;
    }

    /// <summary>Signs in, and keeps cookie and token where that succeeded.</summary>
    public async Task<Reply> SignIn(object body)
    {
        SignedIn = await Send(HttpMethod.Post, "/session", body);
        if (SignedIn.Status == HttpStatusCode.OK)
        {
            (Cookie, Token) = (CookieOf(SignedIn.Message), SignedIn.Data["antiForgeryToken"]!.GetValue<string>());
        }

        return SignedIn;
    }

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path);

    /// <param name="origin">False sends none, as a browser does with a GET of the same site.</param>
    public async Task<Reply> Send(HttpMethod method, string path, object? body = null, bool origin = true)
    {
        foreach (var (name, value) in Headers(origin && method != HttpMethod.Get))
        {
            _http.DefaultRequestHeaders.Remove(name);
            if (value is not null)
            {
                _http.DefaultRequestHeaders.Add(name, value);
            }
        }

        return await _http.Send(method, path, body);
    }

    /// <summary>A live connection by the cookie, not yet started.</summary>
    public HubConnection Live(HttpTransportType transport = HttpTransportType.WebSockets) => new HubConnectionBuilder()
        .WithUrl(new Uri(_silo.Address, "/hubs/console"), o =>
        {
            o.Transports = transport;
            o.SkipNegotiation = transport == HttpTransportType.WebSockets;
            foreach (var (name, value) in Headers(true).Where(h => h.Value is not null))
            {
                o.Headers[name] = value!;
            }
        })
        .AddJsonProtocol(o => o.PayloadSerializerOptions = BreezeJson.Lenient)
        .Build();

    /// <summary>What is heard of the end: the server's word, then the closing.</summary>
    public static (Task Told, Task Closed) EndOf(HubConnection hub)
    {
        var (told, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        hub.On(ConsoleHubMethods.SessionEnded, () => told.TrySetResult());
        hub.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return (told.Task, closed.Task);
    }

    public static string CookieOf(HttpResponseMessage answer) =>
        SetCookie(answer)![(SessionNames.Cookie.Length + 1)..].Split(';')[0];

    public static string? SetCookie(HttpResponseMessage answer) => answer.Headers.TryGetValues("Set-Cookie", out var cookies)
        ? cookies.LastOrDefault(c => c.StartsWith(SessionNames.Cookie + "=", StringComparison.Ordinal))
        : null;

    public void Dispose() => _http.Dispose();

    private IEnumerable<(string Name, string? Value)> Headers(bool origin) =>
    [
        ("Cookie", Cookie is null ? null : $"{SessionNames.Cookie}={Cookie}"),
        ("Origin", origin ? Origin : null),
        (SessionNames.AntiForgeryHeader, Token),
    ];
}
