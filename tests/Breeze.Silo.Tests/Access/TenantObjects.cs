using System.Net;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Jobs;
using Breeze.Silo.Tests.Approvals;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Silo.Tests.Access;

/// <summary>Makes things in an organization, and bodies for the routes, so that a route's answer depends on who asks alone.</summary>
internal sealed class TenantObjects(SiloFixture silo)
{
    public static readonly object RolloutOfNothing = new { type = "immediate" };

    /// <summary>A new thing of this kind in the organization, as the system admin makes it.</summary>
    public async Task<Guid> Make(string kind, Guid org) => kind switch
    {
        "organizations" => org,
        "partners" => await Tenants.NewPartner(silo),
        "devices" => (await Device(org)).Id,
        "enrollment-keys" => await Create(kind, await EnrollmentKey(org)),
        "patches" => await silo.NewPatch(org),
        "configuration-policies" or "patch-policies" => await Policy(org),
        "patches/compliance/report" => (await silo.Admin.Get($"/patches/compliance/report?orgId={org}")).Is(HttpStatusCode.OK).Body!["reportId"]!.GetValue<Guid>(),
        "patches/jobs" => (await Jobs.Create(
            new NewPatchJob(new OrgId(org), null, "Job", new PatchSettings(), [new DeviceId((await Device(org)).Id)], null, null, null, Nobody), default)).Value!.JobId,
        "patches/rollbacks" => (await Jobs.RollBack(
            new OrgId(org), await silo.NewPatch(org), [new DeviceId((await Device(org)).Id)], null, null, Nobody, default)).Value!.JobId,
        _ => await Create(kind, await Body(kind, org)),
    };

    /// <summary>What creates one of this kind in the organization.</summary>
    public async Task<object> Body(string kind, Guid org) => kind switch
    {
        "partners" => new PartnerRequest("Partner"),
        "organizations" => new CreateOrganization("Organization"),
        "api-keys" => new CreateApiKey("key", KeyScope.Org, KeyRole.Viewer, null, org),
        "sites" => new { orgId = org, name = "Site", timeZone = "UTC" },
        "groups" => new { orgId = org, name = "Group", type = "static", deviceIds = Array.Empty<Guid>() },
        "scripts" => new { orgId = org, name = "Script", language = "bash", content = "true", timeoutSeconds = 60 },
        "enrollment-keys" => await EnrollmentKey(org),
        "maintenance-windows" => new
        {
            name = "Window",
            scope = new { level = "organization", targetId = org },
            timeZone = "UTC",
            startsAt = "2026-03-01T22:00:00Z",
            durationMinutes = 60,
            allowsDeployments = true,
        },
        "configuration-policies" => new { orgId = org, name = "Policy" },
        "deployments" => new
        {
            orgId = org,
            name = "Deployment",
            type = "script",
            payload = new { scriptId = await Make("scripts", org) },
            targetType = "devices",
            targetConfig = new { type = "devices", deviceIds = new[] { Guid.NewGuid() } },
            rolloutConfig = RolloutOfNothing,
        },
        "software-packages" => new
        {
            orgId = org,
            name = "Package",
            version = "1.0",
            osType = "linux",
            url = "https://packages.example.com/package.deb",
            sha256 = new string('a', 64),
            sizeBytes = 1,
        },
        _ => throw new InvalidOperationException($"No row says how to make one of /{kind}; add it to {nameof(TenantObjects)}."),
    };

    /// <summary>A body that the route takes in that organization; a route that takes one and has no row here fails the test.</summary>
    public async Task<object?> BodyFor(LiveRoute route, Guid org) => (route.Method.Method, route.Pattern["/api/v1".Length..]) switch
    {
        _ when !route.TakesBody => null,
        ("PUT", "/partners/{id}") or ("PUT", "/organizations/{id}") => new { name = "Renamed" },
        ("PUT", "/api-keys/{id}") => new { name = "Renamed" },
        ("PUT", "/sites/{id}") => new { name = "Site", timeZone = "UTC" },
        ("PUT", "/groups/{id}") => new { name = "Group" },
        ("PATCH", "/groups/{id}/devices") => new { add = Array.Empty<Guid>() },
        ("PUT", "/scripts/{id}") => new { name = "Script", language = "bash", content = "true", timeoutSeconds = 60 },
        ("PATCH", "/devices/{id}") => new { displayName = "Front desk" },
        ("POST", "/deployments/{id}/devices/retry") => new { deviceIds = new[] { Guid.NewGuid() } },
        ("POST", "/patches/{id}/approve") or ("POST", "/patches/{id}/decline") => new { orgId = org },
        ("POST", "/patches/{id}/defer") => new { orgId = org, deferUntil = silo.Clock.Now.AddDays(1) },
        ("PUT", "/configuration-policies/{id}") => new { name = "Renamed" },
        ("POST", "/configuration-policies/{id}/features") => new { featureType = "patch", inlineSettings = new { } },
        ("POST", "/configuration-policies/{id}/assignments") => new { level = "organization", targetId = org },
        ("POST", "/patches/bulk-approve") => new { orgId = org, patchIds = new[] { Guid.NewGuid() } },
        ("POST", "/patches/{id}/rollback") => new { deviceIds = new[] { Guid.NewGuid() } },
        ("POST", "/configuration-policies/{id}/patch-job") => new { deviceIds = new[] { (await Device(org)).Id } },
        ("POST", "/configuration-policies/{id}/run") => new { },
        ("POST", "/patches/scan") => new { deviceIds = new[] { Guid.NewGuid() } },
        ("POST", "/configuration-policies/schedule-preview") => new { inlineSettings = new { } },
        ("POST", "/filters/preview") => new { orgId = org, filter = Everyone },
        ("POST", "/targets/preview") => new { orgId = org, targetConfig = new { type = "all" } },
        ("POST", var path) when path == "/" + route.Kind => await Body(route.Kind, org),
        ("PUT", var path) when path == $"/{route.Kind}/{{id}}" => await Body(route.Kind, org),
        _ => throw new InvalidOperationException($"No row says what {route.Name} takes; add it to {nameof(TenantObjects)}."),
    };

    /// <summary>A new device and its credential.</summary>
    public async Task<(Guid Id, string Token)> Device(Guid org)
    {
        var key = (await silo.Admin.Post("/enrollment-keys", await EnrollmentKey(org))).Is(HttpStatusCode.Created).Data["key"]!.GetValue<string>();
        using var nobody = silo.Client();
        var enrolled = (await nobody.Post("/agents/enroll", new
        {
            enrollmentKey = key,
            hostname = $"pc-{Guid.NewGuid():N}",
            osType = "linux",
            osVersion = "6.1",
            architecture = "x64",
            agentVersion = "1.0.0",
        })).Is(HttpStatusCode.Created).Data;
        return (enrolled["deviceId"]!.GetValue<Guid>(), enrolled["token"]!.GetValue<string>());
    }

    /// <summary>A policy that governs a device.</summary>
    private async Task<Guid> Policy(Guid org)
    {
        var (device, _) = await Device(org);
        var policy = await Create("configuration-policies", new { orgId = org, name = "Policy" });
        (await silo.Admin.Post($"/configuration-policies/{policy}/features", new { featureType = "patch", inlineSettings = new { } })).Is(HttpStatusCode.Created);
        (await silo.Admin.Post($"/configuration-policies/{policy}/assignments", new { level = "device", targetId = device })).Is(HttpStatusCode.Created);
        return policy;
    }

    private PatchJobs Jobs => silo.Services.GetRequiredService<PatchJobs>();

    private static Silo.Access.AuditActor Nobody => Silo.Access.AuditActor.System("test");

    private static object Everyone => new
    {
        @operator = "AND",
        conditions = new[] { new { field = "hostname", @operator = "contains", value = "pc" } },
    };

    private async Task<object> EnrollmentKey(Guid org) => new { siteId = await Make("sites", org), name = "Enrolment", maxUses = 10 };

    private async Task<Guid> Create(string kind, object body) => (await silo.Admin.Post("/" + kind, body)).Is(HttpStatusCode.Created).Id;
}
