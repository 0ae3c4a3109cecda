using System.Net;
using System.Text.Json.Nodes;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Approvals;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Approvals;

/// <summary>The document's "Reviewing and Approving Patches" and the contract's lines on approvals, sentence by sentence, over HTTP.</summary>
public abstract class ApprovalTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_patch_is_approved_with_a_note_by_whoever_asked()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        var answer = (await world.Technician.Post($"/patches/{patch}/approve", new { orgId = world.Org, note = "Reviewed — approved for production fleet" })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(("approved", patch, world.Org), (Text(answer, "status"), Id(answer, "patchId"), Id(answer, "orgId")));
        var listed = Assert.Single(await Approvals(world));
        Assert.Equal(("approved", "Reviewed — approved for production fleet", "technician"),
            (Text(listed, "status"), Text(listed, "note"), listed["decidedBy"]!["name"]!.GetValue<string>()));
        Assert.Contains("patch.approve", await world.AuditedActions());
    }

    [EngineFact]
    public async Task A_declined_patch_is_answered_declined_stored_rejected_and_can_be_approved_at_any_time()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        Assert.Equal("declined", Text((await Decline(world, patch)).Is(HttpStatusCode.OK).Body!, "status"));
        Assert.Equal("rejected", Text(Assert.Single(await Approvals(world)), "status"));
        Assert.Equal("rejected", Text(Assert.Single(await Approvals(world, "?status=rejected")), "status"));
        (await Approve(world, patch)).Is(HttpStatusCode.OK);
        Assert.Equal("approved", Text(Assert.Single(await Approvals(world)), "status"));
        Assert.Equal(["approved", "rejected"], (await History(world, patch)).Select(d => Text(d, "status")));
    }

    [EngineFact]
    public async Task A_deferral_is_pending_from_the_very_instant_it_ends_and_is_announced_once()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        var until = silo.Clock.Now.AddMinutes(30);
        var answer = (await world.Admin.Post($"/patches/{patch}/defer", new { orgId = world.Org, deferUntil = until, note = "Wait for Q1 change window" })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(("deferred", until), (Text(answer, "status"), answer["deferUntil"]!.GetValue<DateTimeOffset>()));
        await silo.Clock.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("deferred", Text(Assert.Single(await Approvals(world)), "status"));
        silo.Clock.Provider.Advance(TimeSpan.FromMilliseconds(1));
        // Not "soon after": nobody has had the time to do anything.
        Assert.Equal("pending", Text(Assert.Single(await Approvals(world)), "status"));
        Assert.Empty(await Approvals(world, "?status=deferred"));
        Assert.Single(await Approvals(world, "?status=pending"));
        await silo.Clock.AdvanceUntil("announcement", async () => await Announced(world), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
        await silo.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, (await world.AuditedActions()).Count(a => a == "patch.deferral_ended"));
        Assert.Single(await History(world, patch));
    }

    [EngineFact]
    public async Task A_deferral_that_ended_while_no_silo_ran_is_announced_at_the_next_start()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        await Defer(world, patch, silo.Clock.Now.AddMinutes(5));
        await silo.RestartAfter(TimeSpan.FromHours(2));
        await Eventually.Is("announcement", world.AuditedActions, a => a.Contains("patch.deferral_ended"), "patch.deferral_ended");
    }

    [EngineFact]
    public async Task A_deferral_that_was_decided_otherwise_meanwhile_is_not_announced()
    {
        var world = await FleetWorld.Create(silo);
        var (approved, later) = (await silo.NewPatch(world.Org), await silo.NewPatch(world.Org));
        await Defer(world, approved, silo.Clock.Now.AddMinutes(5));
        await Defer(world, later, silo.Clock.Now.AddMinutes(5));
        (await Approve(world, approved)).Is(HttpStatusCode.OK);
        await Defer(world, later, silo.Clock.Now.AddHours(9));
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.DoesNotContain("patch.deferral_ended", await world.AuditedActions());
        Assert.Equal(["approved", "deferred"], (await Approvals(world)).Select(a => Text(a, "status")).Order());
    }

    [EngineFact]
    public async Task Bulk_approval_approves_what_it_can_and_names_the_rest_with_a_reason()
    {
        var world = await FleetWorld.Create(silo);
        var other = await FleetWorld.Create(silo);
        var patches = await silo.NewPatches(world.Org, 4);
        var (foreign, unknown) = (await silo.NewPatch(other.Org), Guid.CreateVersion7());
        (await Decline(world, patches[0])).Is(HttpStatusCode.OK);
        (await Approve(world, patches[1])).Is(HttpStatusCode.OK);
        await Defer(world, patches[2], silo.Clock.Now.AddDays(1));
        Guid[] asked = [.. patches, patches[3], foreign, unknown];
        var answer = (await world.Technician.Post("/patches/bulk-approve", new { orgId = world.Org, patchIds = asked, note = "March cycle approval" })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal([patches[1], patches[2], patches[3]], answer["approved"]!.AsArray().Select(a => a!.GetValue<Guid>()));
        Assert.Equal(
            [(patches[0], "rejected"), (foreign, "not_found"), (unknown, "not_found")],
            answer["failed"]!.AsArray().Select(f => (Id(f!, "patchId"), Text(f!, "reason"))));
        Assert.Equal("rejected", Text(Assert.Single(await Approvals(world, $"?patchId={patches[0]}")), "status"));
        Assert.Empty(await Approvals(other));
        // Approved before: nothing new was decided.
        Assert.Single(await History(world, patches[1]));
    }

    [EngineFact]
    public async Task A_thousand_patches_are_approved_in_one_call_and_one_more_is_refused()
    {
        var world = await FleetWorld.Create(silo);
        var patches = await silo.NewPatches(world.Org, 1001);
        var refused = (await world.Admin.Post("/patches/bulk-approve", new { patchIds = patches })).Is(HttpStatusCode.BadRequest);
        Assert.NotNull(refused.Body!["errors"]!["patchIds"]);
        var answer = (await world.Admin.Post("/patches/bulk-approve", new { patchIds = patches.Take(1000) })).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(1000, answer["approved"]!.AsArray().Count);
        Assert.Equal(1000, (await world.AuditedActions()).Count(a => a == "patch.approve"));
        (await world.Admin.Get("/audit-logs/verify")).Is(HttpStatusCode.OK);
        Assert.True((await world.Admin.Get("/audit-logs/verify")).Data["valid"]!.GetValue<bool>());
        var page = (await world.Admin.Get("/patches/approvals?status=approved&limit=200")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(1000, page["pagination"]!["total"]!.GetValue<int>());
        var seen = new HashSet<Guid>();
        for (var cursor = ""; ;)
        {
            page = (await world.Admin.Get($"/patches/approvals?limit=150{cursor}")).Is(HttpStatusCode.OK).Body!;
            Assert.All(page["data"]!.AsArray(), a => Assert.True(seen.Add(Id(a!, "patchId"))));
            if (page["nextCursor"] is not { } next)
            {
                break;
            }

            cursor = $"&cursor={next.GetValue<string>()}";
        }

        Assert.Equal(1000, seen.Count);
    }

    [EngineFact]
    public async Task Each_organization_decides_for_itself()
    {
        var partner = await Tenants.NewPartner(silo);
        var (one, two) = (await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo, partner));
        var patch = await silo.NewPatch(one.Org);
        await silo.Know(two.Org, [patch], PatchSeverity.Low);
        (await Approve(one, patch)).Is(HttpStatusCode.OK);
        Assert.Empty(await Approvals(two));
        (await Decline(two, patch)).Is(HttpStatusCode.OK);
        Assert.Equal("approved", Text(Assert.Single(await Approvals(one)), "status"));
        Assert.Equal("low", Text(Assert.Single(await Approvals(two)), "severity"));
        Assert.Single(await History(one, patch));
        (await one.Admin.Post($"/patches/{patch}/approve", new { orgId = two.Org })).Is(HttpStatusCode.Forbidden);
        Assert.Equal(2, (await silo.Admin.Get($"/patches/{patch}/approvals")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Count);
        Assert.Single((await silo.Admin.Get($"/patches/approvals?patchId={patch}&orgId={two.Org}")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray());
    }

    [EngineFact]
    public async Task A_patch_that_no_device_of_the_organization_reported_is_unknown()
    {
        var world = await FleetWorld.Create(silo);
        var other = await FleetWorld.Create(silo);
        var foreign = await silo.NewPatch(other.Org);
        foreach (var (action, body) in new (string, object)[]
        {
            ("approve", new { }), ("decline", new { }), ("defer", new { deferUntil = silo.Clock.Now.AddDays(1) }),
        })
        {
            var answers = new List<string>();
            foreach (var id in new[] { foreign, Guid.NewGuid() })
            {
                answers.Add((await world.Admin.Post($"/patches/{id}/{action}", body)).Is(HttpStatusCode.NotFound).Comparable);
            }

            Assert.Single(answers.Distinct());
        }

        (await world.Admin.Get($"/patches/{foreign}/approvals")).Is(HttpStatusCode.NotFound);
        Assert.Empty(await Approvals(world));
        Assert.Empty(await Approvals(other));
    }

    public static TheoryData<string, string, string> Malformed => new()
    {
        { "defer", """{"note":"later"}""", "deferUntil" },
        { "defer", """{"deferUntil":"2026-01-01T00:00:00Z"}""", "deferUntil" },
        { "defer", """{"deferUntil":"2030-03-01T00:00:00"}""", "deferUntil" },
        { "defer", """{"deferUntil":"tomorrow"}""", "deferUntil" },
        { "defer", """{"deferUntil":"2400-03-01T00:00:00Z"}""", "deferUntil" },
        { "defer", """{"deferUntil":"2030-03-01T00:00:00Z","until":1}""", "until" },
        { "approve", """{"note":7}""", "note" },
        { "approve", """{"notes":"x"}""", "notes" },
        { "approve", "{\"note\":\"a\\u0000b\"}", "note" },
        { "decline", """{"orgId":"mine"}""", "orgId" },
    };

    [EngineTheory]
    [MemberData(nameof(Malformed))]
    public async Task Bad_input_is_refused_by_name_and_changes_nothing(string action, string body, string member)
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        var refused = (await world.Admin.Post($"/patches/{patch}/{action}", body)).Is(HttpStatusCode.BadRequest);
        Assert.True(refused.Body!["errors"]!.AsObject().ContainsKey(member), refused.Comparable);
        (await world.Admin.Post($"/patches/{patch}/approve", new { note = new string('x', 2001) })).Is(HttpStatusCode.BadRequest);
        (await world.Admin.Post("/patches/bulk-approve", new { patchIds = Array.Empty<Guid>() })).Is(HttpStatusCode.BadRequest);
        (await world.Admin.Get("/patches/approvals?status=declined")).Is(HttpStatusCode.BadRequest);
        Assert.Empty(await Approvals(world));
        Assert.Equal(0, await world.Count("patch_decisions"));
    }

    [EngineFact]
    public async Task A_viewer_reads_and_a_technician_decides()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        (await world.Viewer.Post($"/patches/{patch}/approve", new { })).Is(HttpStatusCode.Forbidden);
        (await world.Technician.Post($"/patches/{patch}/approve", new { })).Is(HttpStatusCode.OK);
        (await world.Viewer.Get("/patches/approvals")).Is(HttpStatusCode.OK);
        (await world.Viewer.Get($"/patches/{patch}/approvals")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task The_same_request_twice_or_at_once_makes_one_decision_and_one_line()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Approve(world, patch)));
        Assert.All(answers, a => a.Is(HttpStatusCode.OK));
        Assert.Single(answers.Select(a => a.Comparable).Distinct());
        var until = silo.Clock.Now.AddDays(1).AddTicks(7);
        await Defer(world, patch, until);
        await Defer(world, patch, until);
        Assert.Equal(2, (await History(world, patch)).Count);
        Assert.Equal(2, (await world.AuditedActions()).Count(a => a.StartsWith("patch.", StringComparison.Ordinal)));
    }

    [EngineFact]
    public async Task Decisions_that_come_together_are_made_one_after_the_other_and_each_is_kept()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        // Past the grain, as two activations of it would: the row decides, not who believes to own it.
        var commits = (ApprovalCommits)silo.Services.GetService(typeof(ApprovalCommits))!;
        var caller = new Caller(ApiKeyId.New(), "key", Role.Admin, OrgScope.Org(new OrgId(world.Org)));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => commits.Commit(new ApprovalStep(
            new OrgId(world.Org), patch, new Decision(i % 2 == 0 ? ApprovalCommand.Approve : ApprovalCommand.Decline, null, $"{i}"), Access(caller), silo.Clock.Now))));
        var history = await History(world, patch);
        Assert.Equal(50, history.Count);
        Assert.Equal(Text(history[0], "status"), Text(Assert.Single(await Approvals(world)), "status"));
        Assert.Equal(50, await silo.Database.Read(c => c.ExecuteScalarAsync<long>("select version from patch_approvals where patch_id = @patch", new { patch })));

        static Breeze.Silo.Access.AuditActor Access(Caller caller) => Breeze.Silo.Access.AuditActor.Of(caller);
    }

    [EngineFact]
    public async Task An_approval_makes_what_a_device_lost_missing_and_its_withdrawal_forgets_it_again()
    {
        var world = await FleetWorld.Create(silo);
        var (device, patch) = (await world.NewDevice(), await silo.NewPatch(world.Org));
        await silo.GoneFrom(world.Org, device.Id, patch);
        (await Approve(world, patch)).Is(HttpStatusCode.OK);
        Assert.Equal(DevicePatchStatus.Missing, await silo.StatusOn(device.Id, patch));
        await Defer(world, patch, silo.Clock.Now.AddDays(1));
        Assert.Equal(DevicePatchStatus.Gone, await silo.StatusOn(device.Id, patch));
        (await Approve(world, patch)).Is(HttpStatusCode.OK);
        (await Decline(world, patch)).Is(HttpStatusCode.OK);
        Assert.Equal(DevicePatchStatus.Gone, await silo.StatusOn(device.Id, patch));
    }

    private static async Task<(bool, object?)> Announced(FleetWorld world)
    {
        var actions = await world.AuditedActions();
        return (actions.Contains("patch.deferral_ended"), string.Join(' ', actions));
    }

    private static Task<Reply> Approve(FleetWorld world, Guid patch) => world.Admin.Post($"/patches/{patch}/approve", new { orgId = world.Org });

    private static Task<Reply> Decline(FleetWorld world, Guid patch) =>
        world.Admin.Post($"/patches/{patch}/decline", new { orgId = world.Org, note = "Known conflict with legacy app" });

    private static async Task Defer(FleetWorld world, Guid patch, DateTimeOffset until) =>
        (await world.Admin.Post($"/patches/{patch}/defer", new { orgId = world.Org, deferUntil = until.ToString("O") })).Is(HttpStatusCode.OK);

    private static async Task<IReadOnlyList<JsonNode>> Approvals(FleetWorld world, string query = "") =>
        [.. (await world.Viewer.Get("/patches/approvals" + query)).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(a => a!)];

    private static async Task<IReadOnlyList<JsonNode>> History(FleetWorld world, Guid patch) =>
        [.. (await world.Viewer.Get($"/patches/{patch}/approvals?limit=200")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(a => a!)];

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private static Guid Id(JsonNode node, string member) => node[member]!.GetValue<Guid>();

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ApprovalTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ApprovalTests(silo);
}
