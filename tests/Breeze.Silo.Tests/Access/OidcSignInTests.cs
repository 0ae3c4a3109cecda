using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Access;

/// <summary>The issuer's sign-in page, walked through as a browser does, with a small issuer on loopback.</summary>
public sealed class OidcSignInTests : IAsyncLifetime
{
    private FakeIssuer _issuer = null!;
    private LoneSilo _silo = null!;

    public async Task InitializeAsync()
    {
        _issuer = await FakeIssuer.Start();
        _silo = await LoneSilo.Start(WithIssuer);
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_signs_in_there_has_a_session_with_the_role_and_scope_of_the_token()
    {
        using var client = _silo.Client();
        Assert.True((await client.Get("/session/options")).Is(HttpStatusCode.OK).Data["oidc"]!.GetValue<bool>());
        var back = await Through(_silo, "/devices?page=2");
        Assert.Equal((HttpStatusCode.Found, "/devices?page=2"), (back.StatusCode, back.Headers.Location!.ToString()));
        Assert.Contains("samesite=strict", Browser.SetCookie(back)!, StringComparison.Ordinal);

        client.DefaultRequestHeaders.Add("Cookie", $"{SessionNames.Cookie}={Browser.CookieOf(back)}");
        var session = (await client.Get("/session")).Is(HttpStatusCode.OK).Data;
        Assert.Equal(("kim@example.com", "system", "technician", "oidc"),
            (session["name"]!.GetValue<string>(), session["scope"]!.GetValue<string>(), session["role"]!.GetValue<string>(), session["signedInBy"]!.GetValue<string>()));
        (await client.Get("/deployments")).Is(HttpStatusCode.OK);
        (await client.Get("/audit-logs")).Is(HttpStatusCode.Forbidden);
        (await client.Delete("/session")).Is(HttpStatusCode.Forbidden);
        client.DefaultRequestHeaders.Add("Origin", _silo.Address.GetLeftPart(UriPartial.Authority));
        client.DefaultRequestHeaders.Add(SessionNames.AntiForgeryHeader, session["antiForgeryToken"]!.GetValue<string>());
        (await client.Post("/session/links")).Is(HttpStatusCode.Forbidden);
        (await client.Delete("/session")).Is(HttpStatusCode.OK);
        (await client.Get("/session")).Is(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task It_may_begin_on_one_silo_and_end_on_another()
    {
        await using var other = await LoneSilo.Start(WithIssuer);
        var back = await Through(_silo, "/", callback => new Uri(other.Address, callback.PathAndQuery), other, asBegun: true);
        Assert.Equal((HttpStatusCode.Found, "/"), (back.StatusCode, back.Headers.Location!.ToString()));
        Assert.NotNull(Browser.SetCookie(back));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    public async Task It_never_leads_to_another_site(string returnTo) =>
        Assert.Equal("/", (await Through(_silo, returnTo)).Headers.Location!.ToString());

    [Fact]
    public async Task A_token_without_role_and_scope_signs_nobody_in()
    {
        _issuer.Claims.Remove("breeze_scope");
        await Fails(await Through(_silo, "/"));
        Assert.Contains(_silo.Lines, l => l.Contains("names no role and scope", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_of_another_sign_in_signs_nobody_in()
    {
        _issuer.Nonce = "639000000000000000.other";
        await Fails(await Through(_silo, "/"));
    }

    [Fact]
    public async Task A_callback_that_this_browser_did_not_ask_for_signs_nobody_in()
    {
        await Fails(await Through(_silo, "/", keepCookies: false));
        using var client = _silo.Client();
        await Fails(await client.GetAsync(new Uri("/session/oidc/callback?code=x&state=y", UriKind.Relative)));
    }

    [Theory]
    [InlineData("http://login.example", "id", "secret", "oidc.issuer must be an https URL")]
    [InlineData("http://localhost:1", "id", "secret", "oidc.issuer must be an https URL")]
    [InlineData(null, "id", "secret", "oidc.issuer must be")]
    [InlineData("https://login.example", "id", null, "oidc.clientSecret must be")]
    [InlineData("https://login.example", null, null, null)]
    [InlineData("http://127.0.0.1:1", "id", "secret", null)]
    public void Settings_that_do_not_fit_are_named(string? issuer, string? client, string? secret, string? sentence)
    {
        var fault = new OidcSettings { Issuer = issuer, ClientId = client, ClientSecret = secret }.Contradiction();
        Assert.True(sentence is null ? fault is null : fault?.Contains(sentence, StringComparison.Ordinal) == true, fault);
    }

    private SiloSettings WithIssuer(SiloSettings settings) => settings with
    {
        Oidc = new OidcSettings { Issuer = _issuer.Address, ClientId = FakeIssuer.ClientId, ClientSecret = FakeIssuer.ClientSecret },
    };

    private static Task Fails(HttpResponseMessage back)
    {
        Assert.Equal((HttpStatusCode.Found, "/sign-in?error=oidc"), (back.StatusCode, back.Headers.Location!.ToString()));
        Assert.Null(Browser.SetCookie(back));
        return Task.CompletedTask;
    }

    /// <summary>From our address to the issuer's, and back with its answer.</summary>
    /// <param name="asBegun">The other silo is called by the name that the browser knows, as behind a load balancer.</param>
    private static async Task<HttpResponseMessage> Through(
        LoneSilo silo, string returnTo, Func<Uri, Uri>? lead = null, LoneSilo? end = null, bool asBegun = false, bool keepCookies = true)
    {
        using var client = silo.Client();
        var begun = await client.GetAsync(new Uri($"/session/oidc?returnTo={Uri.EscapeDataString(returnTo)}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Found, begun.StatusCode);
        using var plain = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var sent = await plain.GetAsync(begun.Headers.Location);
        Assert.Equal(HttpStatusCode.Found, sent.StatusCode);
        var callback = sent.Headers.Location!;
        using var last = (end ?? silo).Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, lead?.Invoke(callback) ?? callback);
        if (asBegun)
        {
            request.Headers.Host = callback.Authority;
        }

        if (keepCookies)
        {
            var cookies = begun.Headers.GetValues("Set-Cookie").ToList();
            Assert.All(cookies, c => Assert.Contains("samesite=lax", c, StringComparison.Ordinal));
            request.Headers.Add("Cookie", string.Join("; ", cookies.Select(c => c.Split(';')[0])));
        }

        return await last.SendAsync(request);
    }
}
