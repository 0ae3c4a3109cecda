using System.Net;
using System.Text.Json.Nodes;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Policies;
using Breeze.Silo.Tests.Approvals;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

/// <summary>Auto-approval for whole organizations: rows, an actor and a reason like an operator's; reject and defer beat it.</summary>
public abstract class AutoApprovalTests(SiloFixture silo)
{
    private static readonly object Critical = new { autoApprove = true, autoApproveSeverities = new[] { "critical" } };

    [EngineFact]
    public async Task An_assignment_to_the_organization_approves_what_is_pending_and_listed_with_history_actor_and_scope()
    {
        var world = await FleetWorld.Create(silo);
        var (critical, low, unknown) = (
            await silo.NewPatch(world.Org), await silo.NewPatch(world.Org, PatchSeverity.Low), await silo.NewPatch(world.Org, PatchSeverity.Unknown));
        var policy = await world.NewPatchPolicy(Critical, "Servers");
        Assert.Empty(await Approved(world));
        var assignment = await world.Admin.Assign(policy, "organization", world.Org);
        Assert.Equal([critical], await Approved(world));
        var decision = Assert.Single(await History(world, critical));
        Assert.Equal(("approved", "policy", policy.ToString(), "Servers"),
            (Text(decision, "status"), Text(decision["decidedBy"]!, "kind"), Text(decision["decidedBy"]!, "id"), Text(decision["decidedBy"]!, "name")));
        Assert.Equal((policy, "organization", world.Org, assignment), (Id(decision, "policyId"), Text(decision["scope"]!, "level"), Id(decision["scope"]!, "targetId"), Id(decision["scope"]!, "assignmentId")));
        Assert.Contains("critical", Text(decision, "note"), StringComparison.Ordinal);
        Assert.Single(await world.AuditedActions(), a => a == "patch.auto_approve");
        Assert.Empty(await History(world, low));
        Assert.Empty(await History(world, unknown));
    }

    [EngineFact]
    public async Task A_patch_that_is_reported_for_the_first_time_is_approved_at_once()
    {
        var world = await FleetWorld.Create(silo);
        await world.Admin.Assign(await world.NewPatchPolicy(Critical), "organization", world.Org);
        var patch = await silo.NewPatch(world.Org);
        await silo.NewPatch(world.Org, PatchSeverity.Important);
        Assert.Equal([patch], await Approved(world));
    }

    [EngineFact]
    public async Task A_partners_policy_approves_in_each_of_its_organizations_and_nowhere_else()
    {
        var partner = await Tenants.NewPartner(silo);
        var (one, two, other) = (await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo));
        var (first, second) = (await silo.NewPatch(one.Org), await silo.NewPatch(two.Org));
        await silo.NewPatch(other.Org);
        var policy = await silo.Admin.NewPolicy(new { partnerId = partner, name = "partner's" });
        await silo.Admin.SetPatch(policy, Critical);
        await silo.Admin.Assign(policy, "partner", partner);
        Assert.Equal([first], await Approved(one));
        Assert.Equal([second], await Approved(two));
        Assert.Empty(await Approved(other));
    }

    [EngineFact]
    public async Task A_rejection_and_a_deferral_hold_against_the_policy_until_an_operator_or_the_date_lifts_them()
    {
        var world = await FleetWorld.Create(silo);
        var (rejected, deferred, free) = (await silo.NewPatch(world.Org), await silo.NewPatch(world.Org), await silo.NewPatch(world.Org));
        (await world.Technician.Post($"/patches/{rejected}/decline", new { })).Is(HttpStatusCode.OK);
        (await world.Technician.Post($"/patches/{deferred}/defer", new { deferUntil = silo.Clock.Now.AddMinutes(20) })).Is(HttpStatusCode.OK);
        var policy = await world.NewPatchPolicy(Critical);
        await world.Admin.Assign(policy, "organization", world.Org);
        Assert.Equal([free], await Approved(world));
        await world.Admin.SetPatch(policy, new { autoApprove = true, autoApproveSeverities = new[] { "critical", "low" } });
        Assert.Equal([free], await Approved(world));
        Assert.Single(await History(world, rejected));

        // Declined after the policy had approved it: the operator's word stands.
        (await world.Technician.Post($"/patches/{free}/decline", new { })).Is(HttpStatusCode.OK);
        await world.Admin.SetPatch(policy, Critical);
        Assert.Empty(await Approved(world));

        // Pending again, the rule applies to it again.
        await silo.Clock.AdvanceUntil(
            "approval after the deferral", async () => (await Approved(world) is [var only] && only == deferred, null), TimeSpan.FromMinutes(22), TimeSpan.FromSeconds(5));
    }

    [EngineFact]
    public async Task A_change_of_the_policys_settings_approves_what_it_lists_from_then_on()
    {
        var world = await FleetWorld.Create(silo);
        var (linux, apple) = (await silo.NewPatch(world.Org, PatchSeverity.Low), await silo.NewPatch(world.Org, PatchSeverity.Low, PatchSource.Apple));
        var policy = await world.NewPatchPolicy(new { });
        await world.Admin.Assign(policy, "organization", world.Org);
        Assert.Empty(await Approved(world));
        await world.Admin.SetPatch(policy, new { sources = new[] { "linux" }, autoApprove = true, autoApproveSeverities = new[] { "low" } });
        Assert.Equal([linux], await Approved(world));
        await world.Admin.SetPatch(policy, new { autoApprove = true, autoApproveSeverities = new[] { "low" } });
        Assert.Equal([linux, apple], (await Approved(world)).Order());
    }

    [EngineFact]
    public async Task Narrower_assignments_do_not_decide_for_the_organization_and_the_winner_decides_alone()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var patch = await silo.NewPatch(world.Org);
        var narrow = await world.NewPatchPolicy(Critical);
        await world.Admin.Assign(narrow, "site", world.Site);
        await world.Admin.Assign(narrow, "device", device.Id);
        Assert.Empty(await Approved(world));

        // The organization's own policy wins over its partner's, and does not approve by itself.
        var own = await world.NewPatchPolicy(new { });
        var assignment = await world.Admin.Assign(own, "organization", world.Org);
        var partners = await silo.Admin.NewPolicy(new { partnerId = world.Partner, name = "partner's" });
        await silo.Admin.SetPatch(partners, Critical);
        await silo.Admin.Assign(partners, "partner", world.Partner);
        Assert.Empty(await Approved(world));
        await world.Admin.Unassign(own, assignment);
        Assert.Equal([patch], await Approved(world));
    }

    [EngineFact]
    public async Task What_a_device_lost_is_missing_once_the_policy_approves_it()
    {
        var world = await FleetWorld.Create(silo);
        var (device, patch) = (await world.NewDevice(), await silo.NewPatch(world.Org));
        await silo.GoneFrom(world.Org, device.Id, patch);
        await world.Admin.Assign(await world.NewPatchPolicy(Critical), "organization", world.Org);
        Assert.Equal(DevicePatchStatus.Missing, await silo.StatusOn(device.Id, patch));
    }

    [EngineFact]
    public async Task Thousands_of_pending_patches_are_approved_in_the_assignments_own_request()
    {
        var tenants = await Tenants.Make(silo);
        await silo.NewPatches(tenants.Own, 2000);
        await silo.NewPatches(tenants.Sister, 2000);
        using var partner = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        var policy = await partner.NewPolicy(new { partnerId = tenants.Partner, name = "all" });
        await partner.SetPatch(policy, Critical);
        await partner.Assign(policy, "partner", tenants.Partner);
        foreach (var org in new[] { tenants.Own, tenants.Sister })
        {
            var page = (await partner.Get($"/patches/approvals?orgId={org}&status=approved&limit=1")).Is(HttpStatusCode.OK).Body!;
            Assert.Equal(2000, page["pagination"]!["total"]!.GetValue<int>());
        }

        Assert.True((await partner.Get("/audit-logs/verify")).Is(HttpStatusCode.OK).Data["valid"]!.GetValue<bool>());
    }

    [EngineFact]
    public async Task What_a_dying_silo_left_to_be_looked_at_is_looked_at_by_another()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        var policy = await world.NewPatchPolicy(new { });
        await world.Admin.Assign(policy, "organization", world.Org);
        // The change is committed, and what was to follow it did not.
        await silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync(
                "update policy_features set settings = @settings where policy_id = @policy",
                new { policy, settings = """{"autoApprove":true,"autoApproveSeverities":["critical"]}""" },
                tx);
            await PolicyReviews.Ask(tx, [new OrgId(world.Org)], silo.Clock.Now);
            return 0;
        });
        await silo.Clock.AdvanceUntil("review", async () => (await Approved(world) is [var only] && only == patch, null), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
    }

    private static async Task<IReadOnlyList<Guid>> Approved(FleetWorld world) =>
        [.. (await world.Viewer.Get("/patches/approvals?status=approved")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(a => Id(a!, "patchId"))];

    private static async Task<IReadOnlyList<JsonNode>> History(FleetWorld world, Guid patch) =>
        [.. (await world.Viewer.Get($"/patches/{patch}/approvals")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(a => a!)];

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static Guid Id(JsonNode node, string member) => node[member]!.GetValue<Guid>();

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : AutoApprovalTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : AutoApprovalTests(silo);
}
