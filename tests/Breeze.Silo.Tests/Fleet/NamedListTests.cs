using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Tests.Access;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>Every list of an organization's things can be narrowed to one organization; those with names, by a part of the name.</summary>
public abstract class NamedListTests(SiloFixture silo)
{
    [EngineTheory]
    [InlineData("sites", "Site")]
    [InlineData("groups", "Group")]
    [InlineData("scripts", "Script")]
    [InlineData("enrollment-keys", "Enrolment")]
    [InlineData("maintenance-windows", "Window")]
    [InlineData("software-packages", "Package")]
    [InlineData("configuration-policies", "Policy")]
    [InlineData("deployments", "Deployment")]
    [InlineData("patches/jobs", "Job")]
    [InlineData("api-keys", null)]
    public async Task It_is_narrowed_by_organization_and_name(string kind, string? name)
    {
        var tenants = await Tenants.Make(silo);
        using var partner = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        var objects = new TenantObjects(silo);
        var (own, sister) = (await objects.Make(kind, tenants.Own), await objects.Make(kind, tenants.Sister));
        var both = await Ids(partner, kind, "");
        Assert.Contains(own, both);
        Assert.Contains(sister, both);
        Assert.Equal([own], (await Ids(partner, kind, $"?orgId={tenants.Own}")).Intersect([own, sister]));
        var foreign = (await partner.Get($"/{kind}?orgId={tenants.Foreign}")).Is(HttpStatusCode.Forbidden);
        Assert.Equal(foreign.Comparable, (await partner.Get($"/{kind}?orgId={Guid.NewGuid()}")).Comparable);
        if (name is not null)
        {
            Assert.Equal([own], await Ids(partner, kind, $"?orgId={tenants.Own}&search={name[1..].ToUpperInvariant()}"));
            Assert.Empty(await Ids(partner, kind, "?search=%25"));
        }
    }

    private static async Task<List<Guid>> Ids(HttpClient client, string kind, string query) =>
        [.. (await client.Get($"/{kind}{query}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(d => d!["id"]!.GetValue<Guid>())];
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteNamedListTests(SqliteSilo silo) : NamedListTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresNamedListTests(PostgresSilo silo) : NamedListTests(silo);
