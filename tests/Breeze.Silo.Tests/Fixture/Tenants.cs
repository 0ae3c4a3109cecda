using System.Net;
using Breeze.Contracts.Access;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>A partner with two organizations, and another with one: fresh ones, made through the API.</summary>
public sealed class Tenants
{
    private readonly SiloFixture silo;

    private Tenants(SiloFixture silo) => this.silo = silo;

    public Guid Partner { get; private init; }

    public Guid ForeignPartner { get; private init; }

    /// <summary>The organization whose keys ask.</summary>
    public Guid Own { get; private init; }

    /// <summary>Another of the same partner.</summary>
    public Guid Sister { get; private init; }

    /// <summary>One of the other partner.</summary>
    public Guid Foreign { get; private init; }

    public static async Task<Tenants> Make(SiloFixture silo)
    {
        var (partner, foreignPartner) = (await NewPartner(silo), await NewPartner(silo));
        return new Tenants(silo)
        {
            Partner = partner,
            ForeignPartner = foreignPartner,
            Own = await NewOrganization(silo, partner),
            Sister = await NewOrganization(silo, partner),
            Foreign = await NewOrganization(silo, foreignPartner),
        };
    }

    public static async Task<Guid> NewPartner(SiloFixture silo) =>
        (await silo.Admin.Post("/partners", new PartnerRequest($"Partner {Guid.NewGuid():N}"))).Is(HttpStatusCode.Created).Id;

    public static async Task<Guid> NewOrganization(SiloFixture silo, Guid partner) =>
        (await silo.Admin.Post("/organizations", new CreateOrganization($"Org {Guid.NewGuid():N}", partner))).Is(HttpStatusCode.Created).Id;

    /// <summary>A client with a new key of the organization <see cref="Own"/>, its partner or the system.</summary>
    public async Task<HttpClient> Client(KeyRole role, KeyScope scope = KeyScope.Org) => silo.Client(await Key(role, scope));

    /// <summary>The text of a new key.</summary>
    public async Task<string> Key(KeyRole role, KeyScope scope = KeyScope.Org)
    {
        var body = new CreateApiKey(
            $"{scope} {role} {Guid.NewGuid():N}", scope, role,
            scope == KeyScope.Partner ? Partner : null, scope == KeyScope.Org ? Own : null);
        return (await silo.Admin.Post("/api-keys", body)).Is(HttpStatusCode.Created).Data["key"]!.GetValue<string>();
    }
}
