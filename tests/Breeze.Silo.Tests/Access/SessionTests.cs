using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Access;

/// <summary>Signing in by key and by link, what the cookie may, and how it ends.</summary>
public abstract class SessionTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_key_signs_in_and_its_cookie_is_kept_from_scripts_and_from_other_sites()
    {
        var tenants = await Tenants.Make(silo);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Technician));
        var cookie = Browser.SetCookie(browser.SignedIn.Message)!;
        Assert.Matches("^breeze_session=[A-Za-z0-9_-]{43};", cookie);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"expires={silo.Clock.Now.AddHours(12):R}", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("no-store", browser.SignedIn.Message.Headers.CacheControl!.ToString());

        var session = browser.SignedIn.Data;
        Assert.Equal(
            ("org", tenants.Own, "technician", "api_key", silo.Clock.Now.AddHours(12)),
            (session["scope"]!.GetValue<string>(), session["orgId"]!.GetValue<Guid>(), session["role"]!.GetValue<string>(),
                session["signedInBy"]!.GetValue<string>(), session["expiresAt"]!.GetValue<DateTimeOffset>()));
        Assert.Null(session["partnerId"]);
        var rights = session["rights"]!.AsArray().Select(r => r!.GetValue<string>()).ToList();
        Assert.Contains("run_deployments", rights);
        Assert.DoesNotContain("manage_keys", rights);
        Assert.Equal(session.ToJsonString(), (await browser.Get("/session")).Is(HttpStatusCode.OK).Data.ToJsonString());
        (await browser.Get("/deployments")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task The_cookie_is_secure_where_the_browser_speaks_TLS_with_a_proxy()
    {
        using var client = silo.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        var reply = (await client.Post("/session", new { key = silo.AdminKey })).Is(HttpStatusCode.OK);
        Assert.Contains("; secure", Browser.SetCookie(reply.Message)!, StringComparison.OrdinalIgnoreCase);
    }

    [EngineFact]
    public async Task The_secret_is_stored_only_as_its_hash()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        var grain = silo.Grains.GetGrain<ISessionGrain>(SessionSecret.Hash(browser.Cookie!));
        Assert.NotNull(await grain.Find());
        Assert.Null(await silo.Grains.GetGrain<ISessionGrain>(browser.Cookie!).Find());
    }

    [EngineTheory]
    [InlineData("""{"key":"brz_0123456789012345678901234567890123456789012"}""")]
    [InlineData("""{"key":""}""")]
    [InlineData("""{"link":"0123456789012345678901234567890123456789012"}""")]
    [InlineData("""{"link":"x"}""")]
    public async Task What_does_not_sign_in_is_refused_alike_and_sets_no_cookie(string body)
    {
        using var browser = Browser.Open(silo);
        var refused = (await browser.SignIn(body)).Is(HttpStatusCode.Unauthorized);
        Assert.Equal((await browser.SignIn(new { key = "nonsense" })).Comparable, refused.Comparable);
        Assert.Null(Browser.SetCookie(refused.Message));
        (await browser.Get("/session")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineTheory]
    [InlineData("{}")]
    [InlineData("""{"key":"a","link":"b"}""")]
    [InlineData("""{"password":"x"}""")]
    public async Task Signing_in_takes_exactly_one_of_key_and_link(string body)
    {
        using var browser = Browser.Open(silo);
        (await browser.SignIn(body)).Is(HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task A_link_signs_in_as_its_key_once()
    {
        var tenants = await Tenants.Make(silo);
        using var client = await tenants.Client(KeyRole.Viewer);
        var made = (await client.Post("/session/links")).Is(HttpStatusCode.OK).Data;
        var url = made["url"]!.GetValue<string>();
        Assert.StartsWith($"{silo.Address.GetLeftPart(UriPartial.Authority)}/sign-in#", url, StringComparison.Ordinal);
        Assert.Equal(silo.Clock.Now.AddHours(1), made["expiresAt"]!.GetValue<DateTimeOffset>());

        using var browser = Browser.Open(silo);
        var link = url.Split('#')[1];
        var session = (await browser.SignIn(new { link })).Is(HttpStatusCode.OK).Data;
        Assert.Equal(("link", "viewer", tenants.Own), (session["signedInBy"]!.GetValue<string>(), session["role"]!.GetValue<string>(), session["orgId"]!.GetValue<Guid>()));
        (await browser.Get("/organizations")).Is(HttpStatusCode.OK);
        using var second = Browser.Open(silo);
        (await second.SignIn(new { link })).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task Of_twenty_who_use_a_link_at_once_one_is_signed_in()
    {
        var link = await Link(silo.Admin);
        var browsers = Enumerable.Range(0, 20).Select(_ => Browser.Open(silo)).ToList();
        var replies = await Task.WhenAll(browsers.Select(b => b.SignIn(new { link })));
        Assert.Single(replies, r => r.Status == HttpStatusCode.OK);
        browsers.ForEach(b => b.Dispose());
    }

    [EngineFact]
    public async Task A_link_is_over_after_an_hour_and_with_its_key()
    {
        var late = await Link(silo.Admin);
        await silo.Clock.Advance(TimeSpan.FromHours(1));
        using var browser = Browser.Open(silo);
        (await browser.SignIn(new { link = late })).Is(HttpStatusCode.Unauthorized);

        var (id, key) = await NewKey(await Tenants.Make(silo));
        using var client = silo.Client(key);
        var link = await Link(client);
        (await silo.Admin.Delete($"/api-keys/{id}")).Is(HttpStatusCode.OK);
        (await browser.SignIn(new { link })).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task A_session_makes_no_link_and_a_repeated_answer_leaves_the_link_out()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        (await browser.Send(HttpMethod.Post, "/session/links")).Is(HttpStatusCode.Forbidden);
        var repeated = Guid.NewGuid().ToString();
        Assert.NotNull((await silo.Admin.Post("/session/links", null, repeated)).Is(HttpStatusCode.OK).Data["url"]);
        Assert.Null((await silo.Admin.Post("/session/links", null, repeated)).Is(HttpStatusCode.OK).Data["url"]);
    }

    [EngineFact]
    public async Task A_session_ends_after_its_hours_however_much_it_is_used_and_leaves_no_row()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        var hash = SessionSecret.Hash(browser.Cookie!);
        for (var hour = 0; hour < 12; hour++)
        {
            (await browser.Get("/session")).Is(HttpStatusCode.OK);
            await silo.Clock.Advance(TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        }

        (await browser.Get("/session")).Is(HttpStatusCode.Unauthorized);
        await silo.Clock.Advance(TimeSpan.FromHours(1), TimeSpan.FromMinutes(10));
        await Eventually.Is("sweeping an ended session", async () => await Rows(hash), rows => rows == 0, "no row");
    }

    [EngineFact]
    public async Task A_session_ends_no_later_than_its_key()
    {
        var tenants = await Tenants.Make(silo);
        var ends = silo.Clock.Now.AddHours(2);
        var key = (await silo.Admin.Post("/api-keys", new CreateApiKey("brief", KeyScope.Org, KeyRole.Viewer, null, tenants.Own, ends)))
            .Is(HttpStatusCode.Created).Data["key"]!.GetValue<string>();
        using var browser = await Browser.WithKey(silo, key);
        Assert.Equal(ends, browser.SignedIn.Data["expiresAt"]!.GetValue<DateTimeOffset>());
    }

    [EngineFact]
    public async Task A_revoked_key_ends_its_sessions_and_their_live_connections()
    {
        var (id, key) = await NewKey(await Tenants.Make(silo));
        using var browser = await Browser.WithKey(silo, key);
        await using var hub = browser.Live();
        var (told, closed) = Browser.EndOf(hub);
        await hub.StartAsync();
        (await silo.Admin.Delete($"/api-keys/{id}")).Is(HttpStatusCode.OK);
        (await browser.Get("/session")).Is(HttpStatusCode.Unauthorized);
        await Ends(told, closed);
    }

    [EngineFact]
    public async Task Signing_out_ends_the_session_wherever_it_is_open()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        using var other = Browser.Open(silo);
        other.Cookie = browser.Cookie;
        (await other.Get("/session")).Is(HttpStatusCode.OK);
        await using var hub = other.Live();
        var (told, closed) = Browser.EndOf(hub);
        await hub.StartAsync();

        var reply = (await browser.Send(HttpMethod.Delete, "/session")).Is(HttpStatusCode.OK);
        Assert.Contains("expires=Thu, 01 Jan 1970", Browser.SetCookie(reply.Message)!, StringComparison.Ordinal);
        Assert.Null(reply.Data["antiForgeryToken"]);
        (await other.Get("/session")).Is(HttpStatusCode.Unauthorized);
        await Ends(told, closed);
        Assert.Equal(0, await Rows(SessionSecret.Hash(browser.Cookie!)));
    }

    [EngineFact]
    public async Task Signing_in_again_ends_the_session_before()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        using var former = Browser.Open(silo);
        former.Cookie = browser.Cookie;
        (await browser.SignIn(new { key = silo.AdminKey })).Is(HttpStatusCode.OK);
        Assert.NotEqual(former.Cookie, browser.Cookie);
        (await former.Get("/session")).Is(HttpStatusCode.Unauthorized);
        (await browser.Get("/session")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task A_session_outlives_its_silo()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        await silo.Restart();
        using var again = Browser.Open(silo);
        (again.Cookie, again.Token) = (browser.Cookie, browser.Token);
        (await again.Get("/session")).Is(HttpStatusCode.OK);
        (await again.Send(HttpMethod.Delete, "/session")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task A_session_ended_on_another_silo_is_refused_here_within_two_seconds()
    {
        using var browser = await Browser.WithKey(silo, silo.AdminKey);
        (await browser.Get("/session")).Is(HttpStatusCode.OK);
        await silo.Grains.GetGrain<ISessionGrain>(SessionSecret.Hash(browser.Cookie!)).End();
        await silo.Clock.Advance(TimeSpan.FromSeconds(2.1));
        (await browser.Get("/session")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task Sign_in_and_sign_out_are_in_the_audit_log_of_the_keys_reach()
    {
        var tenants = await Tenants.Make(silo);
        using var admin = await tenants.Client(KeyRole.Admin);
        using var browser = await Browser.WithKey(silo, await tenants.Key(KeyRole.Viewer));
        browser.Token = null;
        (await browser.Send(HttpMethod.Delete, "/session")).Is(HttpStatusCode.Forbidden);
        browser.Token = browser.SignedIn.Data["antiForgeryToken"]!.GetValue<string>();
        (await browser.Send(HttpMethod.Delete, "/session")).Is(HttpStatusCode.OK);
        var lines = (await admin.Get("/audit-logs")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray()
            .Select(l => (l!["action"]!.GetValue<string>(), l["result"]!.GetValue<string>()))
            .Where(l => l.Item1.StartsWith("session.", StringComparison.Ordinal)).Reverse();
        Assert.Equal([("session.sign_in", "ok"), ("session.sign_out", "refused"), ("session.sign_out", "ok")], lines);
        var text = (await admin.Get("/audit-logs")).Body!.ToJsonString();
        Assert.DoesNotContain(browser.Cookie!, text, StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_request_with_a_key_is_told_who_it_is_and_has_no_session_to_end()
    {
        var reply = (await silo.Admin.Get("/session")).Is(HttpStatusCode.OK).Data;
        Assert.Equal(("bearer", "system", "admin"), (reply["signedInBy"]!.GetValue<string>(), reply["scope"]!.GetValue<string>(), reply["role"]!.GetValue<string>()));
        Assert.Null(reply["antiForgeryToken"]);
        Assert.Null(reply["expiresAt"]);
        (await silo.Admin.Delete("/session")).Is(HttpStatusCode.BadRequest);
        using var nobody = silo.Client();
        Assert.False((await nobody.Get("/session/options")).Is(HttpStatusCode.OK).Data["oidc"]!.GetValue<bool>());
        (await nobody.Get("//session/oidc")).Is(HttpStatusCode.NotFound);
    }

    private async Task Ends(Task told, Task closed)
    {
        await silo.Clock.AdvanceUntil(
            "ending the live connection of a session", () => Task.FromResult<(bool, object?)>((closed.IsCompleted, closed.Status)),
            TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1));
        Assert.True(told.IsCompleted, "The connection was closed without a word.");
    }

    private async Task<(Guid Id, string Key)> NewKey(Tenants tenants)
    {
        var made = (await silo.Admin.Post("/api-keys", new CreateApiKey("console", KeyScope.Org, KeyRole.Admin, null, tenants.Own))).Is(HttpStatusCode.Created);
        return (made.Id, made.Data["key"]!.GetValue<string>());
    }

    private static async Task<string> Link(HttpClient client) =>
        (await client.Post("/session/links")).Is(HttpStatusCode.OK).Data["url"]!.GetValue<string>().Split('#')[1];

    /// <summary>Rows that grain storage holds of a session.</summary>
    private Task<long> Rows(string hash) => GrainRows.Count(silo, hash);

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : SessionTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : SessionTests(silo);
}
