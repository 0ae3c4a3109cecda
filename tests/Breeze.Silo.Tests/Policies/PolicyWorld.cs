using System.Net;
using System.Text.Json.Nodes;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;

namespace Breeze.Silo.Tests.Policies;

/// <summary>Makes policies through the API, in one line each.</summary>
internal static class PolicyWorld
{
    public static async Task<Guid> NewPolicy(this HttpClient client, object owner) => (await client.Post("/configuration-policies", owner)).Is(HttpStatusCode.Created).Id;

    /// <summary>A policy of the organization, with these patch settings.</summary>
    public static async Task<Guid> NewPatchPolicy(this FleetWorld world, object settings, string name = "policy")
    {
        var policy = await world.Admin.NewPolicy(new { orgId = world.Org, name });
        await world.Admin.SetPatch(policy, settings);
        return policy;
    }

    public static async Task SetPatch(this HttpClient client, Guid policy, object settings) =>
        (await client.Post($"/configuration-policies/{policy}/features", new { featureType = "patch", inlineSettings = settings })).Is(HttpStatusCode.Created);

    public static async Task<Guid> Assign(this HttpClient client, Guid policy, string level, Guid target, int priority = 0) =>
        (await client.Post($"/configuration-policies/{policy}/assignments", new { level, targetId = target, priority })).Is(HttpStatusCode.Created).Id;

    public static async Task Unassign(this HttpClient client, Guid policy, Guid assignment) =>
        (await client.Delete($"/configuration-policies/{policy}/assignments/{assignment}")).Is(HttpStatusCode.OK);

    /// <summary>What the device obeys, asked by way of some policy; null: nothing.</summary>
    public static async Task<JsonNode?> Effective(this HttpClient client, Guid policy, Guid device) =>
        (await client.Get($"/configuration-policies/{policy}/resolve-patch-config/{device}")).Is(HttpStatusCode.OK).Data["effective"];

    public static async Task<Guid> NewGroup(this FleetWorld world, params Guid[] devices) =>
        (await FleetWorld.Post(world.Technician, "groups", new { name = "group", type = "static", deviceIds = devices })).Id();

    /// <summary>A group of the devices that have a tag.</summary>
    public static async Task<Guid> NewGroupOfTag(this FleetWorld world, string tag) => (await FleetWorld.Post(world.Technician, "groups", new
    {
        name = "tagged",
        type = "dynamic",
        filter = new { @operator = "AND", conditions = new[] { new { field = "tags", @operator = "hasAny", value = new[] { tag } } } },
    })).Id();
}
