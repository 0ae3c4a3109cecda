using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Access;

public abstract class ApiKeyTests(SiloFixture silo)
{
    [EngineFact]
    public async Task The_first_key_is_in_a_file_that_only_its_owner_reads()
    {
        var path = Path.Combine(silo.Settings.Data, "admin.key");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Matches("^brz_[A-Za-z0-9_-]{43}$", silo.AdminKey);
        (await silo.Admin.Get("/partners")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task A_key_works_in_either_header_and_is_stored_only_as_its_hash()
    {
        var tenants = await Tenants.Make(silo);
        var key = await tenants.Key(KeyRole.Viewer);
        using var bearer = silo.Client(key);
        (await bearer.Get("/organizations")).Is(HttpStatusCode.OK);
        using var header = silo.Client();
        header.DefaultRequestHeaders.Add("X-API-Key", key);
        (await header.Get("/organizations")).Is(HttpStatusCode.OK);
        var stored = await silo.Database.Read(c => c.QuerySingleAsync<string>(
            "select key_hash from api_keys where key_hash = @hash", new { hash = KeyText.Hash(key) }));
        Assert.DoesNotContain(key, stored, StringComparison.Ordinal);
    }

    [EngineTheory]
    [InlineData(null)]
    [InlineData("brz_")]
    [InlineData("brz_0123456789012345678901234567890123456789012")]
    [InlineData("nonsense")]
    [InlineData("brd_0123456789012345678901234567890123456789012")]
    public async Task No_key_and_an_unknown_key_are_refused_alike(string? key)
    {
        using var nobody = silo.Client();
        using var client = silo.Client(key);
        var refused = (await client.Get("/organizations")).Is(HttpStatusCode.Unauthorized);
        Assert.Equal((await nobody.Get("/organizations")).Comparable, refused.Comparable);
        Assert.Equal("Bearer", refused.Message.Headers.WwwAuthenticate.ToString());
    }

    [EngineFact]
    public async Task A_revoked_key_is_refused_at_once_and_revoking_it_again_changes_nothing()
    {
        var tenants = await Tenants.Make(silo);
        var made = (await silo.Admin.Post("/api-keys", new CreateApiKey("short-lived", KeyScope.Org, KeyRole.Viewer, null, tenants.Own))).Data;
        using var client = silo.Client(made["key"]!.GetValue<string>());
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        var revoked = (await silo.Admin.Delete($"/api-keys/{made["id"]}")).Is(HttpStatusCode.OK);
        Assert.NotNull(revoked.Data["revokedAt"]);
        (await client.Get("/organizations")).Is(HttpStatusCode.Unauthorized);
        Assert.Equal(revoked.Comparable, (await silo.Admin.Delete($"/api-keys/{made["id"]}")).Is(HttpStatusCode.OK).Comparable);
    }

    [EngineFact]
    public async Task A_key_revoked_behind_this_silos_back_is_refused_within_two_seconds()
    {
        var tenants = await Tenants.Make(silo);
        var key = await tenants.Key(KeyRole.Viewer);
        using var client = silo.Client(key);
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            "update api_keys set revoked_at = 1 where key_hash = @hash", new { hash = KeyText.Hash(key) }, tx));
        await silo.Clock.Advance(TimeSpan.FromSeconds(2.1));
        (await client.Get("/organizations")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task A_key_ends_when_it_expires()
    {
        var tenants = await Tenants.Make(silo);
        var body = new CreateApiKey("expiring", KeyScope.Org, KeyRole.Viewer, null, tenants.Own, silo.Clock.Now.AddMinutes(10));
        using var client = silo.Client((await silo.Admin.Post("/api-keys", body)).Is(HttpStatusCode.Created).Data["key"]!.GetValue<string>());
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        (await client.Get("/organizations")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task A_key_is_renamed_and_its_end_moved_and_a_revoked_one_is_not()
    {
        var tenants = await Tenants.Make(silo);
        var made = (await silo.Admin.Post("/api-keys", new CreateApiKey("old", KeyScope.Org, KeyRole.Viewer, null, tenants.Own, silo.Clock.Now.AddMinutes(10)))).Data;
        var path = $"/api-keys/{made["id"]}";
        using var admin = await tenants.Client(KeyRole.Admin);
        using var client = silo.Client(made["key"]!.GetValue<string>());
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        var changed = (await admin.Send(HttpMethod.Put, path, new UpdateApiKey("new", silo.Clock.Now.AddHours(1)))).Is(HttpStatusCode.OK).Data;
        Assert.Equal("new", changed["name"]!.GetValue<string>());
        await silo.Clock.Advance(TimeSpan.FromMinutes(11));
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        Assert.Null((await admin.Send(HttpMethod.Put, path, new UpdateApiKey("new"))).Is(HttpStatusCode.OK).Data["expiresAt"]);
        var past = (await admin.Send(HttpMethod.Put, path, new UpdateApiKey("new", silo.Clock.Now))).Is(HttpStatusCode.BadRequest);
        Assert.NotNull(past.Body!["errors"]!["expiresAt"]);
        (await admin.Delete(path)).Is(HttpStatusCode.OK);
        (await admin.Send(HttpMethod.Put, path, new UpdateApiKey("new"))).Is(HttpStatusCode.BadRequest);
        (await client.Get("/organizations")).Is(HttpStatusCode.Unauthorized);
    }

    [EngineFact]
    public async Task A_key_of_a_wider_scope_cannot_be_changed_or_seen()
    {
        var tenants = await Tenants.Make(silo);
        using var orgAdmin = await tenants.Client(KeyRole.Admin);
        var wider = (await silo.Admin.Post("/api-keys", new CreateApiKey("partner", KeyScope.Partner, KeyRole.Viewer, tenants.Partner))).Data;
        (await orgAdmin.Send(HttpMethod.Put, $"/api-keys/{wider["id"]}", new UpdateApiKey("mine"))).Is(HttpStatusCode.NotFound);
    }

    [EngineFact]
    public async Task A_key_makes_none_with_a_wider_scope_or_for_another_tenant()
    {
        var tenants = await Tenants.Make(silo);
        using var orgAdmin = await tenants.Client(KeyRole.Admin);
        using var partnerAdmin = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        (await orgAdmin.Post("/api-keys", new CreateApiKey("up", KeyScope.System, KeyRole.Viewer))).Is(HttpStatusCode.Forbidden);
        (await orgAdmin.Post("/api-keys", new CreateApiKey("up", KeyScope.Partner, KeyRole.Viewer, tenants.Partner))).Is(HttpStatusCode.Forbidden);
        (await partnerAdmin.Post("/api-keys", new CreateApiKey("up", KeyScope.System, KeyRole.Viewer))).Is(HttpStatusCode.Forbidden);
        (await orgAdmin.Post("/api-keys", new CreateApiKey("over", KeyScope.Org, KeyRole.Viewer, null, tenants.Sister))).Is(HttpStatusCode.Forbidden);
        (await partnerAdmin.Post("/api-keys", new CreateApiKey("over", KeyScope.Org, KeyRole.Viewer, null, tenants.Foreign))).Is(HttpStatusCode.Forbidden);
        (await partnerAdmin.Post("/api-keys", new CreateApiKey("over", KeyScope.Partner, KeyRole.Viewer, tenants.ForeignPartner)))
            .Is(HttpStatusCode.BadRequest);
        (await orgAdmin.Post("/api-keys", new CreateApiKey("own", KeyScope.Org, KeyRole.Admin, null, tenants.Own))).Is(HttpStatusCode.Created);
        (await partnerAdmin.Post("/api-keys", new CreateApiKey("own", KeyScope.Org, KeyRole.Admin, null, tenants.Sister))).Is(HttpStatusCode.Created);
    }

    [EngineTheory]
    [InlineData("""{"name":"k","scope":"org","role":"viewer"}""", "orgId")]
    [InlineData("""{"name":"k","scope":"partner","role":"viewer"}""", "partnerId")]
    [InlineData("""{"name":"k","scope":"system","role":"viewer","orgId":"0198f6a0-0000-7000-8000-000000000002"}""", "scope")]
    [InlineData("""{"name":" ","scope":"system","role":"viewer"}""", "name")]
    [InlineData("""{"name":"k","scope":"system","role":"owner"}""", "role")]
    [InlineData("""{"name":"k","scope":"system","role":"viewer","expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"name":"k","scope":"system","role":"viewer","expiresAt":"2030-01-01T00:00:00"}""", "expiresAt")]
    public async Task A_key_that_cannot_be_is_refused_by_the_member_at_fault(string body, string field)
    {
        var refused = (await silo.Admin.Post("/api-keys", body)).Is(HttpStatusCode.BadRequest);
        Assert.NotNull(refused.Body!["errors"]![field]);
    }

    [EngineFact]
    public async Task When_a_key_was_last_used_is_noted_once_a_minute()
    {
        var tenants = await Tenants.Make(silo);
        var made = (await silo.Admin.Post("/api-keys", new CreateApiKey("used", KeyScope.Org, KeyRole.Viewer, null, tenants.Own))).Data;
        using var client = silo.Client(made["key"]!.GetValue<string>());
        (await client.Get("/organizations")).Is(HttpStatusCode.OK);
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.Is(
            "noting a key's use",
            async () => (await silo.Admin.Get($"/api-keys/{made["id"]}")).Data["lastUsedAt"]?.GetValue<string>(),
            at => at is not null,
            "a time");
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ApiKeyTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ApiKeyTests(silo);
}
