using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Xunit;

namespace Breeze.Silo.Tests.Access;

/// <summary>What another site's page, whose requests carry our cookie too, cannot bring about.</summary>
public abstract class AntiForgeryTests(SiloFixture silo)
{
    private const string Foreign = "https://evil.example";

    public static TheoryData<string> Faults => ["no token", "wrong token", "another session's token", "no origin", "foreign origin", "origin null", "another port"];

    [EngineTheory]
    [MemberData(nameof(Faults))]
    public async Task Without_the_token_or_with_a_foreign_origin_nothing_is_done(string fault)
    {
        var tenants = await Tenants.Make(silo);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Admin));
        using var other = await Browser.WithKey(silo, await tenants.Key(KeyRole.Admin));
        var (token, origin) = (browser.Token, browser.Origin);
        switch (fault)
        {
            case "no token":
                browser.Token = null;
                break;
            case "wrong token":
                browser.Token = "x" + browser.Token![1..];
                break;
            case "another session's token":
                browser.Token = other.Token;
                break;
            case "no origin":
                browser.Origin = null;
                break;
            case "foreign origin":
                browser.Origin = Foreign;
                break;
            case "origin null":
                browser.Origin = "null";
                break;
            default:
                browser.Origin = "http://127.0.0.1:1";
                break;
        }

        var name = $"Site {Guid.NewGuid():N}";
        var body = new { orgId = tenants.Own, name, timeZone = "UTC" };
        var refused = (await browser.Send(HttpMethod.Post, "/sites", body)).Is(HttpStatusCode.Forbidden);
        Assert.NotNull(refused.Body!["errors"]![fault.Contains("token", StringComparison.Ordinal) ? SessionNames.AntiForgeryHeader : "Origin"]);
        Assert.DoesNotContain(name, (await browser.Get("/sites")).Is(HttpStatusCode.OK).Body!.ToJsonString(), StringComparison.Ordinal);

        (browser.Token, browser.Origin) = (token, origin);
        (await browser.Send(HttpMethod.Post, "/sites", body)).Is(HttpStatusCode.Created);
    }

    [EngineFact]
    public async Task Every_route_that_changes_something_asks_for_the_token()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        browser.Token = null;
        var wrong = new List<string>();
        foreach (var route in LiveRoute.Of(silo.Services).Where(r => r.Right is not null && r.Method != HttpMethod.Get))
        {
            var reply = await browser.Send(route.Method, route.Address(Guid.NewGuid()), route.TakesBody ? "{}" : null);
            if (reply.Status != HttpStatusCode.Forbidden || reply.Body?["errors"]?[SessionNames.AntiForgeryHeader] is null)
            {
                wrong.Add($"{route.Name}: {reply.Comparable}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task The_GET_that_makes_a_report_needs_the_token_and_takes_no_foreign_origin()
    {
        var tenants = await Tenants.Make(silo);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Admin));
        var (path, token) = ($"/patches/compliance/report?orgId={tenants.Own}", browser.Token);
        browser.Token = null;
        (await browser.Get(path)).Is(HttpStatusCode.Forbidden);
        browser.Token = token;

        // A browser sends no Origin with it.
        (await browser.Get(path)).Is(HttpStatusCode.OK);
        using var client = silo.Client();
        client.DefaultRequestHeaders.Add("Cookie", $"{SessionNames.Cookie}={browser.Cookie}");
        client.DefaultRequestHeaders.Add("Origin", Foreign);
        client.DefaultRequestHeaders.Add(SessionNames.AntiForgeryHeader, token);
        (await client.Get(path)).Is(HttpStatusCode.Forbidden);
        Assert.Single((await silo.Admin.Get($"/audit-logs?orgId={tenants.Own}&result=ok")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray(),
            line => line!["action"]!.GetValue<string>().Contains("report", StringComparison.Ordinal));
    }

    [EngineFact]
    public async Task Whoever_sends_a_key_is_asked_for_neither_even_with_a_cookie_beside_it()
    {
        var tenants = await Tenants.Make(silo);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Viewer));
        using var client = await tenants.Client(KeyRole.Admin);
        client.DefaultRequestHeaders.Add("Cookie", $"{SessionNames.Cookie}={browser.Cookie}");
        client.DefaultRequestHeaders.Add("Origin", Foreign);
        (await client.Post("/sites", new { orgId = tenants.Own, name = "Site", timeZone = "UTC" })).Is(HttpStatusCode.Created);
        Assert.Equal("bearer", (await client.Get("/session")).Is(HttpStatusCode.OK).Data["signedInBy"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task A_wrong_key_beside_a_good_cookie_is_a_wrong_key()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        using var client = silo.Client("nonsense");
        client.DefaultRequestHeaders.Add("Cookie", $"{SessionNames.Cookie}={browser.Cookie}");
        (await client.Get("/session")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task Another_sites_page_signs_nobody_in()
    {
        using var browser = Browser.Open(silo);
        browser.Origin = Foreign;
        Assert.Null(Browser.SetCookie((await browser.SignIn(new { key = silo.AdminKey })).Is(HttpStatusCode.Forbidden).Message));
    }

    [EngineFact]
    public async Task The_live_hub_takes_the_cookie_from_our_own_pages_only_and_over_web_sockets_only()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        await using (var own = browser.Live())
        {
            await own.StartAsync();
        }

        var origin = browser.Origin;
        foreach (var wrong in new[] { Foreign, null, "null" })
        {
            browser.Origin = wrong;
            await using var foreign = browser.Live();
            await Assert.ThrowsAnyAsync<Exception>(() => foreign.StartAsync());
        }

        browser.Origin = origin;
        await using var polling = browser.Live(HttpTransportType.LongPolling);
        await Assert.ThrowsAnyAsync<Exception>(() => polling.StartAsync());
    }

    [EngineFact]
    public async Task The_role_and_the_tenant_of_a_session_are_its_keys()
    {
        var tenants = await Tenants.Make(silo);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Viewer));
        (await browser.Send(HttpMethod.Post, "/sites", new { orgId = tenants.Own, name = "Site", timeZone = "UTC" })).Is(HttpStatusCode.Forbidden);
        (await browser.Get($"/sites?orgId={tenants.Sister}")).Is(HttpStatusCode.Forbidden);
        (await browser.Get($"/organizations/{tenants.Foreign}")).Is(HttpStatusCode.NotFound);
        (await browser.Get($"/organizations/{tenants.Own}")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task Every_answer_tells_browsers_what_not_to_do_with_it()
    {
        using var client = silo.Client();
        foreach (var path in new[] { "/session", "/nowhere", "//health/live", "//nowhere", "//openapi/v1.json" })
        {
            var headers = (await client.Get(path)).Message.Headers;
            Assert.Equal("nosniff", headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("same-origin", headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("same-origin", headers.GetValues("Cross-Origin-Opener-Policy").Single());
        }
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : AntiForgeryTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : AntiForgeryTests(silo);
}

/// <summary>Which addresses are this server's own.</summary>
public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("http", "127.0.0.1:5080", null, "http://127.0.0.1:5080", true)]
    [InlineData("http", "127.0.0.1:5080", null, "http://127.0.0.1:5081", false)]
    [InlineData("http", "127.0.0.1:5080", null, "http://localhost:5080", false)]
    [InlineData("http", "breeze.example", null, "https://breeze.example", true)]
    [InlineData("http", "breeze.example", "https", "https://breeze.example", true)]
    [InlineData("http", "breeze.example", "https", "http://breeze.example", false)]
    [InlineData("https", "breeze.example", null, "http://breeze.example", false)]
    [InlineData("https", "breeze.example:8443", null, "https://breeze.example:8443", true)]
    [InlineData("https", "breeze.example", null, "https://breeze.example.evil.example", false)]
    [InlineData("https", "breeze.example", null, "https://breeze.example@evil.example", false)]
    [InlineData("https", "breeze.example", null, "null", false)]
    [InlineData("https", "breeze.example", null, "", false)]
    public void An_origin_is_own_by_its_host_and_port_and_never_less_safe_than_the_request(string scheme, string host, string? forwarded, string origin, bool own)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = (scheme, new HostString(host));
        if (forwarded is not null)
        {
            request.Headers["X-Forwarded-Proto"] = forwarded;
        }

        Assert.Equal(own, PublicAddress.IsOwn(origin, request));
    }

    [Theory]
    [InlineData("/devices?page=2#x", "/devices?page=2#x")]
    [InlineData("/", "/")]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("devices", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    public void One_goes_on_at_a_path_of_this_server_only(string? asked, string path) => Assert.Equal(path, PublicAddress.LocalPath(asked));
}
