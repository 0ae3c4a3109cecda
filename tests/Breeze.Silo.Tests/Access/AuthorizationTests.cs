using System.Net;
using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace Breeze.Silo.Tests.Access;

/// <summary>Who may do what, with its rows from the routes and hub methods that the running silo has: none can be forgotten.</summary>
public abstract class AuthorizationTests(SiloFixture silo)
{
    private static readonly KeyScope[] Scopes = Enum.GetValues<KeyScope>();
    private static readonly KeyRole[] Roles = Enum.GetValues<KeyRole>();

    private readonly TenantObjects objects = new(silo);

    private IReadOnlyList<LiveRoute> Routes => LiveRoute.Of(silo.Services);

    [EngineFact]
    public async Task Each_route_lets_in_exactly_the_roles_and_reaches_that_its_right_names()
    {
        var tenants = await Tenants.Make(silo);
        var wrong = new List<string>();
        foreach (var scope in Scopes)
        {
            foreach (var role in Roles)
            {
                using var client = await tenants.Client(role, scope);
                foreach (var route in Routes.Where(r => r.Right is not null))
                {
                    var reply = await client.Send(route.Method, route.Address(Guid.NewGuid()), route.TakesBody ? "{}" : null);
                    var refused = reply.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized;
                    if (refused == Rights.Allow(route.Right!.Right, (Role)role, (ScopeKind)scope))
                    {
                        wrong.Add($"{scope} {role}: {route.Name} answered {reply.Comparable}");
                    }
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task Without_a_key_and_with_a_devices_credential_every_operator_route_answers_401_alike()
    {
        var tenants = await Tenants.Make(silo);
        var (_, token) = await objects.Device(tenants.Own);
        using var nobody = silo.Client();
        using var device = silo.Client(token);
        var wrong = new List<string>();
        foreach (var route in Routes.Where(r => r.Right is not null))
        {
            var address = route.Address(Guid.NewGuid());
            var (without, with) = (await nobody.Send(route.Method, address), await device.Send(route.Method, address));
            if (without.Status != HttpStatusCode.Unauthorized || without.Comparable != with.Comparable)
            {
                wrong.Add($"{route.Name}: without a key {without.Comparable}, with a device's credential {with.Comparable}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task An_operators_key_is_no_credential_on_a_devices_route()
    {
        var devices = Routes.Where(r => r.ForDevices).ToList();
        Assert.NotEmpty(devices);
        foreach (var route in devices)
        {
            (await silo.Admin.Send(route.Method, route.Address(Guid.NewGuid()), "{}")).Is(HttpStatusCode.Unauthorized);
        }
    }

    [EngineFact]
    public async Task Enrolment_and_signing_in_are_the_only_public_routes_of_the_API() => Assert.Equal(
        ["GET /api/v1/session/options", "POST /api/v1/agents/enroll", "POST /api/v1/session"],
        await Task.FromResult(Routes.Where(r => r.Public).Select(r => r.Name).Order(StringComparer.Ordinal)));

    [EngineFact]
    public async Task A_thing_of_another_tenant_is_answered_like_one_that_does_not_exist()
    {
        var tenants = await Tenants.Make(silo);
        using var orgAdmin = await tenants.Client(KeyRole.Admin);
        using var partnerAdmin = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        var wrong = new List<string>();
        foreach (var route in Routes.Where(r => r.HasId && r.Right is not null && Rights.Needs(r.Right.Right).Scope != ScopeKind.System))
        {
            var byPartner = Rights.Needs(route.Right!.Right).Scope == ScopeKind.Partner;
            var client = byPartner ? partnerAdmin : orgAdmin;
            var body = await objects.BodyFor(route, tenants.Own);
            var unknown = await Ask(client, route, Guid.NewGuid(), body);
            if (!unknown.StartsWith("404", StringComparison.Ordinal))
            {
                wrong.Add($"{route.Name}: an unknown id is answered with {unknown}");
            }

            foreach (var org in byPartner ? [tenants.Foreign] : new[] { tenants.Sister, tenants.Foreign })
            {
                var foreign = await Ask(client, route, await objects.Make(route.Kind, org), body);
                if (foreign != unknown)
                {
                    wrong.Add($"{route.Name}: unknown {unknown}, another tenant's {foreign}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task A_thing_of_the_callers_own_is_found()
    {
        var tenants = await Tenants.Make(silo);
        using var orgAdmin = await tenants.Client(KeyRole.Admin);
        var wrong = new List<string>();
        foreach (var route in Routes.Where(r => r.HasId && !r.Pattern[(r.Pattern.IndexOf("{id}", StringComparison.Ordinal) + 4)..].Contains('{', StringComparison.Ordinal)
            && r.Right is not null && Rights.Needs(r.Right.Right).Scope == ScopeKind.Org))
        {
            var reply = await orgAdmin.Send(
                route.Method, route.Address(await objects.Make(route.Kind, tenants.Own)), await objects.BodyFor(route, tenants.Own));
            if (reply.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.InternalServerError)
            {
                wrong.Add($"{route.Name}: {reply.Comparable}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task An_organization_of_another_tenant_in_a_body_or_a_query_is_refused_like_an_unknown_one()
    {
        var tenants = await Tenants.Make(silo);
        using var client = await tenants.Client(KeyRole.Admin);
        var wrong = new List<string>();
        // A session is the caller's own, whatever is named; its links are never the same twice.
        foreach (var route in Routes.Where(r => !r.HasId && r.Right is not null && Rights.Needs(r.Right.Right).Scope == ScopeKind.Org && r.Kind != "session"))
        {
            var answers = new List<string>();
            foreach (var org in new[] { tenants.Sister, tenants.Foreign, Guid.NewGuid() })
            {
                var body = await NamingOrg(route, tenants, org);
                var address = route.Address(Guid.Empty) + (route.TakesBody ? "" : $"?orgId={org}");
                answers.Add((await client.Send(route.Method, address, body)).Comparable);
            }

            if (answers.Distinct().Count() != 1 || (!answers[0].StartsWith('4') && !IsOfNoOrganization(route)))
            {
                wrong.Add($"{route.Name}: {string.Join(" | ", answers)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [EngineFact]
    public async Task No_list_shows_a_thing_of_another_tenant()
    {
        var tenants = await Tenants.Make(silo);
        using var client = await tenants.Client(KeyRole.Admin);
        foreach (var route in Routes.Where(r => r is { HasId: false, TakesBody: false } && r.Method == HttpMethod.Get && r.Pattern == $"/api/v1/{r.Kind}"
            && r.Right is not null && Rights.Needs(r.Right.Right).Scope == ScopeKind.Org && r.Kind is not "audit-logs" and not "cluster" and not "session"))
        {
            var others = new[] { await objects.Make(route.Kind, tenants.Sister), await objects.Make(route.Kind, tenants.Foreign) };
            var own = await objects.Make(route.Kind, tenants.Own);
            var list = (await client.Get($"/{route.Kind}")).Is(HttpStatusCode.OK).Body!.ToJsonString();
            Assert.Contains(own.ToString(), list, StringComparison.Ordinal);
            Assert.All(others, other => Assert.DoesNotContain(other.ToString(), list, StringComparison.Ordinal));
        }
    }

    [EngineFact]
    public async Task Hubs_take_only_their_own_kind_of_credential()
    {
        var tenants = await Tenants.Make(silo);
        var (_, token) = await objects.Device(tenants.Own);
        await Assert.ThrowsAsync<HttpRequestException>(() => Connect("/hubs/console", null));
        await Assert.ThrowsAsync<HttpRequestException>(() => Connect("/hubs/console", token));
        await Assert.ThrowsAsync<HttpRequestException>(() => Connect("/hubs/agent", null));
        await Assert.ThrowsAsync<HttpRequestException>(() => Connect("/hubs/agent", silo.AdminKey));
        await using var console = await Connect("/hubs/console", await tenants.Key(KeyRole.Viewer));
        await using var agent = await Connect("/hubs/agent", token);
    }

    [EngineFact]
    public async Task Each_method_of_the_operators_hubs_refuses_a_thing_of_another_tenant_like_an_unknown_one()
    {
        var tenants = await Tenants.Make(silo);
        await using var console = await Connect("/hubs/console", await tenants.Key(KeyRole.Viewer));
        foreach (var method in LiveRoute.Hubs(silo.Services).Where(h => h.IsDefined(typeof(RequireRightAttribute), true)).SelectMany(RouteRightsCheck.HubMethods))
        {
            if (method.Name.StartsWith("Unsubscribe", StringComparison.Ordinal))
            {
                // Ending what never began does nothing, whoever's it is.
                continue;
            }

            var (kind, member) = Followed(method.Name);
            await console.InvokeCoreAsync<object>(method.Name, [Request(member, await objects.Make(kind, tenants.Own))]);
            var answers = new List<string>();
            foreach (var id in new[] { Guid.NewGuid(), await objects.Make(kind, tenants.Sister), await objects.Make(kind, tenants.Foreign) })
            {
                answers.Add((await Assert.ThrowsAsync<HubException>(
                    () => console.InvokeCoreAsync<object>(method.Name, [Request(member, id)]))).Message);
            }

            Assert.Single(answers.Distinct());
        }
    }

    [EngineFact]
    public async Task A_connection_outlives_its_key_but_may_do_nothing_more()
    {
        var tenants = await Tenants.Make(silo);
        var made = (await silo.Admin.Post("/api-keys", new CreateApiKey("console", KeyScope.Org, KeyRole.Viewer, null, tenants.Own))).Data;
        var deployment = await objects.Make("deployments", tenants.Own);
        await using var console = await Connect("/hubs/console", made["key"]!.GetValue<string>());
        await console.InvokeCoreAsync<object>("Subscribe", [new { deploymentId = deployment }]);
        (await silo.Admin.Delete($"/api-keys/{made["id"]}")).Is(HttpStatusCode.OK);
        await Assert.ThrowsAnyAsync<Exception>(() => console.InvokeCoreAsync<object>("Subscribe", [new { deploymentId = deployment }]));
    }

    // The list of organizations itself, and questions that are about none.
    private static bool IsOfNoOrganization(LiveRoute route) =>
        route.Name is "GET /api/v1/organizations" or "POST /api/v1/configuration-policies/schedule-preview";

    private static (string Kind, string Member) Followed(string method) => method switch
    {
        "Subscribe" => ("deployments", "deploymentId"),
        "SubscribeJob" => ("patches/jobs", "jobId"),
        "SubscribeCompliance" or "SubscribeApprovals" => ("organizations", "orgId"),
        _ => throw new InvalidOperationException($"No row says what {method} follows; add it to {nameof(AuthorizationTests)}."),
    };

    private static Dictionary<string, Guid> Request(string member, Guid id) => new() { [member] = id };

    private static async Task<string> Ask(HttpClient client, LiveRoute route, Guid id, object? body) =>
        (await client.Send(route.Method, route.Address(id), body)).Comparable.Replace(id.ToString(), "ID", StringComparison.OrdinalIgnoreCase);

    // Ids of things that do exist in the other organization would make the body foreign in two ways at once; an unknown one has none.
    private async Task<object?> NamingOrg(LiveRoute route, Tenants tenants, Guid org) => route switch
    {
        { TakesBody: false } => null,
        // It names devices and no organization; what is not the caller's own comes back as skipped.
        { Pattern: "/api/v1/patches/scan" } => new { orgId = org },
        { Kind: "deployments" } => new
        {
            orgId = org,
            name = "Deployment",
            type = "script",
            payload = new { scriptId = Guid.Empty },
            targetConfig = new { type = "all" },
            rolloutConfig = TenantObjects.RolloutOfNothing,
        },
        { Kind: "enrollment-keys" } => new { siteId = org == tenants.Sister || org == tenants.Foreign ? await objects.Make("sites", org) : org, name = "Key" },
        _ => await objects.BodyFor(route, org),
    };

    private async Task<HubConnection> Connect(string path, string? credential)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(silo.Address, path), options =>
        {
            options.AccessTokenProvider = () => Task.FromResult(credential);
            options.Transports = HttpTransportType.WebSockets;
        }).Build();
        await connection.StartAsync();
        return connection;
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : AuthorizationTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : AuthorizationTests(silo);
}
