using System.Net;
using System.Text.Json.Nodes;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Silo.Access;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;
using AuditActor = Breeze.Silo.Access.AuditActor;

namespace Breeze.Silo.Tests.Access;

public abstract class AuditTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_mutation_has_its_one_line_with_who_what_and_from_where()
    {
        var tenants = await Tenants.Make(silo);
        using var admin = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        var organization = (await admin.Post("/organizations", new CreateOrganization("Audited"))).Is(HttpStatusCode.Created).Id;
        var line = Assert.Single(await Lines(admin, $"orgId={organization}"))!;
        Assert.Equal("organization.create", line["action"]!.GetValue<string>());
        Assert.Equal(organization.ToString(), line["target"]!["id"]!.GetValue<string>());
        Assert.Equal("ok", line["result"]!.GetValue<string>());
        Assert.Equal("api_key", line["actor"]!["kind"]!.GetValue<string>());
        Assert.Equal("127.0.0.1", line["actor"]!["address"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task A_refused_mutation_is_audited_before_its_answer_and_a_read_is_not()
    {
        var tenants = await Tenants.Make(silo);
        using var viewer = await tenants.Client(KeyRole.Viewer);
        using var admin = await tenants.Client(KeyRole.Admin);
        (await viewer.Get("/api-keys")).Is(HttpStatusCode.Forbidden);
        (await viewer.Delete($"/api-keys/{Guid.NewGuid()}")).Is(HttpStatusCode.Forbidden);
        (await admin.Delete($"/api-keys/{Guid.NewGuid()}")).Is(HttpStatusCode.NotFound);
        (await admin.Post("/api-keys", "{")).Is(HttpStatusCode.BadRequest);
        var refused = await Lines(admin, "result=refused");
        Assert.Equal(["api_key.create", "api_key.revoke", "api_key.revoke"], refused.Select(l => l!["action"]!.GetValue<string>()).Order());
        Assert.Equal([400, 403, 404], refused.Select(l => l!["details"]!["status"]!.GetValue<int>()).Order());
    }

    [EngineFact]
    public async Task One_tenant_sees_nothing_of_anothers_log()
    {
        var tenants = await Tenants.Make(silo);
        using var admin = await tenants.Client(KeyRole.Admin);
        using var partner = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        Assert.All(await Lines(admin), l => Assert.Equal(tenants.Own, l!["orgId"]!.GetValue<Guid>()));
        Assert.DoesNotContain(await Lines(partner), l => l!["orgId"]?.GetValue<Guid>() == tenants.Foreign);
        Assert.Contains(await Lines(partner), l => l!["orgId"]?.GetValue<Guid>() == tenants.Sister);
        var foreign = (await admin.Get($"/audit-logs?orgId={tenants.Foreign}")).Is(HttpStatusCode.Forbidden);
        Assert.Equal(foreign.Comparable, (await admin.Get($"/audit-logs?orgId={Guid.NewGuid()}")).Comparable);
    }

    [EngineFact]
    public async Task Pages_by_number_and_by_cursor_show_every_line_once_newest_first()
    {
        var tenants = await Tenants.Make(silo);
        using var admin = await tenants.Client(KeyRole.Admin);
        for (var i = 0; i < 6; i++)
        {
            (await admin.Delete($"/api-keys/{Guid.NewGuid()}")).Is(HttpStatusCode.NotFound);
        }

        var all = (await admin.Get("/audit-logs?limit=200")).Is(HttpStatusCode.OK).Body!;
        var sequence = all["data"]!.AsArray().Select(l => l!["sequence"]!.GetValue<long>()).ToArray();
        Assert.Equal(sequence.OrderDescending(), sequence);
        Assert.Equal(sequence.Length, all["pagination"]!["total"]!.GetValue<int>());
        var followed = new List<long>();
        var cursor = "";
        do
        {
            var page = (await admin.Get($"/audit-logs?limit=3{cursor}")).Is(HttpStatusCode.OK).Body!;
            followed.AddRange(page["data"]!.AsArray().Select(l => l!["sequence"]!.GetValue<long>()));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(sequence, followed);
        var second = (await admin.Get("/audit-logs?limit=3&page=2")).Body!["data"]!.AsArray().Select(l => l!["sequence"]!.GetValue<long>());
        Assert.Equal(sequence.Skip(3).Take(3), second);
    }

    [EngineTheory]
    [InlineData("update audit_logs set details = '{}' where chain = @chain and seq = 3", 3, "changed")]
    [InlineData("update audit_logs set actor_name = 'nobody' where chain = @chain and seq = 1", 1, "changed")]
    [InlineData("delete from audit_logs where chain = @chain and seq = 2", 2, "missing")]
    [InlineData("delete from audit_logs where chain = @chain and seq = 4", 4, "missing")]
    [InlineData("update audit_heads set hash = 'x' where chain = @chain", 4, "last line")]
    public async Task A_chain_that_was_tampered_with_names_its_first_false_line(string tampering, long sequence, string reason)
    {
        var org = OrgId.New();
        await silo.Database.Write(async tx =>
        {
            for (var i = 0; i < 4; i++)
            {
                await Audit.Write(tx, new(
                    AuditChain.Org(org), silo.Clock.Now, AuditActor.System("test"), "test.write", "test", null, Details: new { i }));
            }

            return true;
        });
        var queries = new AuditQueries(silo.Database);
        var scope = Core.Access.OrgScope.Org(org);
        Assert.Equal(4, (await queries.Verify(scope, default)).Lines);
        Assert.True((await queries.Verify(scope, default)).Valid);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(tampering, new { chain = org.Value }, tx));
        var verification = await queries.Verify(scope, default);
        Assert.False(verification.Valid);
        var broken = Assert.Single(verification.Broken);
        Assert.Equal(sequence, broken.Sequence);
        Assert.Contains(reason, broken.Reason, StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task Lines_written_at_once_to_one_chain_stand_one_after_another()
    {
        var org = OrgId.New();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => silo.Database.Write(async tx =>
        {
            await Audit.Write(tx, new(
                AuditChain.Org(org), silo.Clock.Now, AuditActor.System("test"), "test.write", "test", null, Details: new { i }));
            return true;
        })));
        var verification = await new AuditQueries(silo.Database).Verify(Core.Access.OrgScope.Org(org), default);
        Assert.True(verification.Valid);
        Assert.Equal(20, verification.Lines);
    }

    private static async Task<JsonArray> Lines(HttpClient client, string query = "") =>
        (await client.Get($"/audit-logs?limit=200&{query}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : AuditTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : AuditTests(silo);
}
