using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

/// <summary>Policies, their features and assignments, over HTTP.</summary>
public abstract class PolicyTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_policy_is_made_read_changed_and_deleted()
    {
        var world = await FleetWorld.Create(silo);
        var made = (await world.Admin.Post("/configuration-policies", new { name = "  Servers ", description = "Sundays" })).Is(HttpStatusCode.Created);
        Assert.Equal($"/api/v1/configuration-policies/{made.Id}", made.Message.Headers.Location?.OriginalString);
        Assert.Equal(("Servers", "Sundays", world.Org), (made.Data["name"]!.GetValue<string>(), made.Data["description"]!.GetValue<string>(), made.Data["orgId"]!.GetValue<Guid>()));
        Assert.Null(made.Data["partnerId"]);
        (await world.Admin.Put($"/configuration-policies/{made.Id}", new { name = "All servers" })).Is(HttpStatusCode.OK);
        var read = (await world.Viewer.Get($"/configuration-policies/{made.Id}")).Is(HttpStatusCode.OK);
        Assert.Equal("All servers", read.Data["name"]!.GetValue<string>());
        Assert.Null(read.Data["description"]);
        Assert.Contains(made.Id.ToString(), (await world.Viewer.Get("/configuration-policies")).Body!.ToJsonString(), StringComparison.Ordinal);
        (await world.Admin.Delete($"/configuration-policies/{made.Id}")).Is(HttpStatusCode.OK);
        (await world.Viewer.Get($"/configuration-policies/{made.Id}")).Is(HttpStatusCode.NotFound);
        Assert.Equal(["policy.create", "policy.update", "policy.delete"], (await world.AuditedActions()).Where(a => a.StartsWith("policy.", StringComparison.Ordinal)));
    }

    [EngineFact]
    public async Task The_documents_feature_is_added_and_answered_with_every_setting()
    {
        var world = await FleetWorld.Create(silo);
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        var added = (await world.Admin.Post($"/configuration-policies/{policy}/features",
            """
            { "featureType": "patch", "inlineSettings": { "sources": ["microsoft", "third_party"], "autoApprove": true, "autoApproveSeverities": ["critical", "important"],
              "scheduleFrequency": "weekly", "scheduleTime": "02:00", "scheduleDayOfWeek": "sun", "rebootPolicy": "if_required" } }
            """)).Is(HttpStatusCode.Created);
        Assert.Equal(
            """{"sources":["microsoft","third_party"],"autoApprove":true,"autoApproveSeverities":["critical","important"],"scheduleFrequency":"weekly","scheduleTime":"02:00","scheduleDayOfWeek":"sun","scheduleDayOfMonth":null,"rebootPolicy":"if_required","rebootDelayMinutes":15,"deadlineMinutes":1440}""",
            added.Data["inlineSettings"]!.ToJsonString());
        var listed = (await world.Viewer.Get($"/configuration-policies/{policy}/features")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(added.Data.ToJsonString(), Assert.Single(listed["data"]!.AsArray())!.ToJsonString());
        Assert.Single((await world.Viewer.Get($"/configuration-policies/{policy}")).Data["features"]!.AsArray());

        // Set again, it is another; what is left out now takes its default.
        await world.Admin.SetPatch(policy, new { rebootPolicy = "never" });
        var settings = (await world.Viewer.Get($"/configuration-policies/{policy}")).Data["features"]![0]!["inlineSettings"]!;
        Assert.Equal(("never", false), (settings["rebootPolicy"]!.GetValue<string>(), settings["autoApprove"]!.GetValue<bool>()));
        (await world.Admin.Delete($"/configuration-policies/{policy}/features/patch")).Is(HttpStatusCode.OK);
        (await world.Admin.Delete($"/configuration-policies/{policy}/features/patch")).Is(HttpStatusCode.NotFound);
        Assert.Empty((await world.Viewer.Get($"/configuration-policies/{policy}/features")).Body!["data"]!.AsArray());
    }

    public static TheoryData<string, string, string> Malformed => new()
    {
        { "", """{"description":"x"}""", "name" },
        { "", """{"name":""}""", "name" },
        { "", """{"name":"p","enabled":true}""", "enabled" },
        { "/features", """{"inlineSettings":{}}""", "featureType" },
        { "/features", """{"featureType":"antivirus","inlineSettings":{}}""", "featureType" },
        { "/features", """{"featureType":"patch"}""", "inlineSettings" },
        { "/features", """{"featureType":"patch","inlineSettings":{"autoApprove":true}}""", "inlineSettings.autoApproveSeverities" },
        { "/features", """{"featureType":"patch","inlineSettings":{"autoAprove":true}}""", "inlineSettings.autoAprove" },
        { "/features", """{"featureType":"patch","inlineSettings":{"scheduleFrequency":"daily","scheduleTime":"2am"}}""", "inlineSettings.scheduleTime" },
        { "/features", """{"featureType":"patch","inlineSettings":{"scheduleFrequency":"monthly","scheduleTime":"02:00","scheduleDayOfMonth":32}}""", "inlineSettings.scheduleDayOfMonth" },
        { "/features", """{"featureType":"patch","inlineSettings":{"scheduleFrequency":"monthly","scheduleTime":"02:00","scheduleDayOfMonth":"1"}}""", "inlineSettings.scheduleDayOfMonth" },
        { "/features", """{"featureType":"patch","inlineSettings":{"sources":"linux"}}""", "inlineSettings.sources" },
        { "/features", """{"featureType":"patch","inlineSettings":{"rebootPolicy":"maybe"}}""", "inlineSettings.rebootPolicy" },
        { "/assignments", """{"targetId":"00000000-0000-0000-0000-000000000001"}""", "level" },
        { "/assignments", """{"level":"planet","targetId":"00000000-0000-0000-0000-000000000001"}""", "level" },
        { "/assignments", """{"level":"site"}""", "targetId" },
        { "/assignments", """{"level":"site","targetId":"00000000-0000-0000-0000-000000000001"}""", "targetId" },
        { "/assignments", """{"level":"partner","targetId":"00000000-0000-0000-0000-000000000001"}""", "level" },
        { "/assignments", """{"level":"site","targetId":"00000000-0000-0000-0000-000000000001","priority":-1}""", "priority" },
        { "/assignments", """{"level":"site","targetId":"00000000-0000-0000-0000-000000000001","priority":10001}""", "priority" },
    };

    [EngineTheory]
    [MemberData(nameof(Malformed))]
    public async Task Bad_input_is_refused_by_name_and_changes_nothing(string path, string body, string member)
    {
        var world = await FleetWorld.Create(silo);
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        var before = (await world.Admin.Get($"/configuration-policies/{policy}")).Message.Headers.ETag;
        var refused = (await world.Admin.Post("/configuration-policies" + (path.Length == 0 ? "" : $"/{policy}{path}"), body)).Is(HttpStatusCode.BadRequest);
        Assert.True(refused.Body!["errors"]!.AsObject().ContainsKey(member), refused.Comparable);
        Assert.Equal(before, (await world.Admin.Get($"/configuration-policies/{policy}")).Message.Headers.ETag);
        Assert.Equal(1, await world.Count("configuration_policies"));
        Assert.Equal(0, await world.Count("policy_assignments"));
    }

    [EngineTheory]
    [InlineData("organization")]
    [InlineData("site")]
    [InlineData("device_group")]
    [InlineData("device")]
    public async Task A_target_of_another_organization_is_refused_like_one_that_does_not_exist(string level)
    {
        var partner = await Tenants.NewPartner(silo);
        var (world, sister) = (await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo, partner));
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        var foreign = level switch
        {
            "organization" => sister.Org,
            "site" => sister.Site,
            "device_group" => await sister.NewGroup(),
            _ => (await sister.NewDevice()).Id,
        };
        var answers = new List<string>();
        foreach (var target in new[] { foreign, Guid.NewGuid() })
        {
            answers.Add((await world.Admin.Post($"/configuration-policies/{policy}/assignments", new { level, targetId = target })).Is(HttpStatusCode.BadRequest).Comparable);
        }

        Assert.Single(answers.Distinct());
    }

    [EngineFact]
    public async Task A_partners_policy_is_the_partners_to_make_to_see_and_to_assign()
    {
        var tenants = await Tenants.Make(silo);
        using var partner = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        using var org = await tenants.Client(KeyRole.Admin);
        (await org.Post("/configuration-policies", new { partnerId = tenants.Partner, name = "p" })).Is(HttpStatusCode.Forbidden);
        var foreign = (await partner.Post("/configuration-policies", new { partnerId = tenants.ForeignPartner, name = "p" })).Is(HttpStatusCode.Forbidden);
        Assert.Equal(foreign.Comparable, (await partner.Post("/configuration-policies", new { partnerId = Guid.NewGuid(), name = "p" })).Comparable);
        (await partner.Post("/configuration-policies", new { partnerId = tenants.Partner, orgId = tenants.Own, name = "p" })).Is(HttpStatusCode.BadRequest);
        var policy = await partner.NewPolicy(new { partnerId = tenants.Partner, name = "p" });
        await partner.Assign(policy, "partner", tenants.Partner);
        await partner.Assign(policy, "organization", tenants.Sister);
        (await partner.Post($"/configuration-policies/{policy}/assignments", new { level = "partner", targetId = tenants.ForeignPartner })).Is(HttpStatusCode.BadRequest);
        (await partner.Post($"/configuration-policies/{policy}/assignments", new { level = "organization", targetId = tenants.Foreign })).Is(HttpStatusCode.BadRequest);
        foreach (var path in new[] { "", "/features", "/assignments" })
        {
            (await org.Get($"/configuration-policies/{policy}{path}")).Is(HttpStatusCode.NotFound);
        }

        (await org.Delete($"/configuration-policies/{policy}")).Is(HttpStatusCode.NotFound);
        Assert.DoesNotContain(policy.ToString(), (await org.Get("/configuration-policies")).Body!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(policy.ToString(), (await partner.Get("/configuration-policies")).Body!.ToJsonString(), StringComparison.Ordinal);
        (await partner.Put($"/configuration-policies/{policy}", new { orgId = tenants.Own, name = "p" })).Is(HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task An_assignment_is_made_once_a_target_and_goes_with_its_site_or_group()
    {
        var world = await FleetWorld.Create(silo);
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        var (site, group) = (await world.NewSite(), await world.NewGroup());
        await world.Admin.Assign(policy, "site", site, 7);
        await silo.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Admin.Assign(policy, "device_group", group);
        (await world.Admin.Post($"/configuration-policies/{policy}/assignments", new { level = "site", targetId = site })).Is(HttpStatusCode.BadRequest);
        var listed = (await world.Viewer.Get($"/configuration-policies/{policy}/assignments")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();
        Assert.Equal([("device_group", group, 0), ("site", site, 7)],
            listed.Select(a => (a!["level"]!.GetValue<string>(), a["targetId"]!.GetValue<Guid>(), a["priority"]!.GetValue<int>())));
        (await world.Admin.Delete($"/sites/{site}")).Is(HttpStatusCode.OK);
        (await world.Admin.Delete($"/groups/{group}")).Is(HttpStatusCode.OK);
        Assert.Empty((await world.Viewer.Get($"/configuration-policies/{policy}/assignments")).Body!["data"]!.AsArray());
        (await world.Admin.Delete($"/configuration-policies/{policy}/assignments/{Guid.NewGuid()}")).Is(HttpStatusCode.NotFound);
    }

    [EngineFact]
    public async Task A_change_on_a_version_that_is_no_longer_there_is_refused()
    {
        var world = await FleetWorld.Create(silo);
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        var stale = (await world.Admin.Get($"/configuration-policies/{policy}")).Message.Headers.ETag!.Tag;
        await world.Admin.SetPatch(policy, new { });
        foreach (var (method, path, body) in new (string, string, object?)[]
        {
            ("PUT", "", new { name = "other" }), ("DELETE", "", null), ("POST", "/features", new { featureType = "patch", inlineSettings = new { } }),
            ("DELETE", "/features/patch", null), ("POST", "/assignments", new { level = "organization", targetId = world.Org }),
        })
        {
            var answer = await FleetWorld.Send(world.Admin, method, $"configuration-policies/{policy}{path}", body, stale);
            Assert.Equal(HttpStatusCode.PreconditionFailed, answer.Status);
        }

        var current = (await world.Admin.Get($"/configuration-policies/{policy}")).Message.Headers.ETag!.Tag;
        Assert.Equal(HttpStatusCode.OK, (await FleetWorld.Send(world.Admin, "PUT", $"configuration-policies/{policy}", new { name = "other" }, current)).Status);
    }

    [EngineFact]
    public async Task An_admin_edits_policies_and_a_viewer_reads_them()
    {
        var world = await FleetWorld.Create(silo);
        (await world.Technician.Post("/configuration-policies", new { name = "policy" })).Is(HttpStatusCode.Forbidden);
        var policy = await world.Admin.NewPolicy(new { name = "policy" });
        (await world.Technician.Post($"/configuration-policies/{policy}/features", new { featureType = "patch", inlineSettings = new { } })).Is(HttpStatusCode.Forbidden);
        (await world.Viewer.Get($"/configuration-policies/{policy}")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task The_legacy_list_shows_patch_policies_and_can_no_longer_be_written_to()
    {
        var world = await FleetWorld.Create(silo);
        await world.Admin.NewPolicy(new { name = "without settings" });
        var policy = await world.NewPatchPolicy(new { scheduleFrequency = "daily", scheduleTime = "02:00" }, "with settings");
        var listed = Assert.Single((await world.Viewer.Get("/patch-policies")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray())!;
        Assert.Equal((policy, "with settings", "02:00"), (listed["id"]!.GetValue<Guid>(), listed["name"]!.GetValue<string>(), listed["settings"]!["scheduleTime"]!.GetValue<string>()));

        // Where the console is served, its page answers GET on every path that nobody else has, and other methods are refused as such.
        HttpStatusCode[] gone = [HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed];
        Assert.Contains((await world.Admin.Send(HttpMethod.Patch, "/patch-policies", new { })).Status, gone);
        Assert.Contains((await world.Admin.Delete($"/patch-policies/{policy}")).Status, gone);
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : PolicyTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : PolicyTests(silo);
}
