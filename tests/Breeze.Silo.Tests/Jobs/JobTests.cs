using System.Net;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core.Patches;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Deployments;
using Breeze.Silo.Jobs;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using PatchResultStatus = Breeze.Contracts.Agents.PatchResultStatus;

namespace Breeze.Silo.Tests.Jobs;

/// <summary>Patch jobs, each sentence of the document and the contract about them, in virtual time.</summary>
public abstract class JobTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_job_installs_what_is_approved_and_nothing_else()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(3, ["a", "b", "c", "d"]);
        await world.Approve("a", "b", "c");
        await world.Decline("c");
        var job = await world.Job(await world.Policy(), devices);
        await world.Until(job, "completed");
        Assert.All(devices, d => Assert.Equal(["a", "b"], Assert.Single(world.Sent(d)).Order()));
        var seen = await world.Get(job);
        Assert.Equal((3, 3, 0, 0), (JobWorld.Figure(seen, "devicesTotal"), JobWorld.Figure(seen, "devicesCompleted"), JobWorld.Figure(seen, "devicesFailed"), JobWorld.Figure(seen, "devicesPending")));
        var statuses = await world.Patches.Statuses(devices[0]);
        Assert.Equal("installed", statuses[world.Patches.Name("a")]);
        Assert.Equal("pending", statuses[world.Patches.Name("d")]);
        Assert.Contains("\"name\":\"Config Policy Patch Job \\u2014 Monthly\"", Assert.Single(await world.Patches.Audited(world.Org, "patch_job.create")), StringComparison.OrdinalIgnoreCase);
        Assert.Single(await world.Patches.Audited(world.Org, "patch_job.complete"));
    }

    [EngineFact]
    public async Task A_partial_failure_fails_only_what_failed()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(2, ["a", "b"]);
        await world.Approve("a", "b");
        var bad = await world.IdOf("b");
        world.Outcome = (device, patch) => device == devices[0] && patch.Id == bad ? new PatchResult(patch.Id, PatchResultStatus.Failed, "exit code 100") : null;
        var job = await world.Job(await world.Policy(), devices);
        await world.Until(job, "failed");
        var seen = await world.Get(job);
        Assert.Equal((2, 1), (JobWorld.Figure(seen, "devicesCompleted"), JobWorld.Figure(seen, "devicesFailed")));
        var result = (await world.Results(job)).Single(r => r!["deviceId"]!.GetValue<Guid>() == devices[0])!;
        Assert.Equal(["failed exit code 100", "installed "], result["patches"]!.AsArray().Select(p => $"{p!["status"]} {p["error"]}").Order());
        Assert.Equal("failed", (await world.Patches.Statuses(devices[0]))[world.Patches.Name("b")]);
        Assert.Equal("installed", (await world.Patches.Statuses(devices[1]))[world.Patches.Name("b")]);

        // What failed is still offered: the next job tries it again, and only it.
        world.Outcome = (_, _) => null;
        await world.Until(await world.Job(await world.Policy(name: "Again"), devices), "completed");
        Assert.Equal(["b"], world.Sent(devices[0])[^1]);
        Assert.Single(world.Sent(devices[1]));
    }

    [EngineTheory]
    [InlineData("""{"results":[{"id":"{id}"}]}""")]
    [InlineData("""{"results":[{"id":"{id}","status":"perhaps"}]}""")]
    [InlineData("""{"results":[null]}""")]
    [InlineData("""{"results":{}}""")]
    [InlineData("[7]")]
    public async Task What_a_device_says_in_no_shape_counts_as_nothing_said(string data)
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        await world.Approve("a");
        var said = JsonDocument.Parse(data.Replace("{id}", $"{await world.IdOf("a")}", StringComparison.Ordinal)).RootElement;
        world.Patches.Agents[devices[0]].Answers = command => InProcessAgent.Completed(command) with { Data = said };
        var job = await world.Job(await world.Policy(), devices);
        await world.Until(job, "completed");
        var patch = Assert.Single(Assert.Single(await world.Results(job))!["patches"]!.AsArray())!;
        Assert.Equal(("failed", "The device said nothing of it."), (patch["status"]!.GetValue<string>(), patch["error"]!.GetValue<string>()));
        Assert.Equal("pending", (await world.Patches.Statuses(devices[0]))[world.Patches.Name("a")]);
    }

    [EngineFact]
    public async Task Nothing_approved_leaves_the_device_out_with_the_reason()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        var job = await world.Job(await world.Policy(), devices);
        await world.Until(job, "completed");
        Assert.Empty(world.Sent(devices[0]));
        Assert.Equal("not_approved", Assert.Single(await world.Results(job))!["skipReason"]!.GetValue<string>());
        Assert.Equal(1, JobWorld.Figure(await world.Get(job), "devicesSkipped"));
    }

    [EngineFact]
    public async Task What_is_declined_before_the_install_is_sent_is_not_sent()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a", "b"]);
        await world.Approve("a", "b");
        var job = await world.Job(await world.Policy(), devices, new { scheduledAt = silo.Clock.Now.AddHours(1) });
        Assert.Equal("scheduled", (await world.Get(job))["status"]!.GetValue<string>());
        await world.Decline("b");
        await silo.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Empty(world.Sent(devices[0]));
        await world.Until(job, "completed");
        Assert.Equal(["a"], Assert.Single(world.Sent(devices[0])));
        var started = (await world.Get(job))["startedAt"]!.GetValue<DateTimeOffset>();
        Assert.InRange(started - (await world.Get(job))["scheduledAt"]!.GetValue<DateTimeOffset>(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [EngineFact]
    public async Task A_policy_of_the_device_approves_what_nobody_has_decided_and_rejection_beats_it()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a", "b"]);
        await world.Decline("b");
        var settings = new PatchSettings { AutoApprove = true, AutoApproveSeverities = [PatchSeverity.Important], RebootPolicy = RebootPolicy.Never };
        var policy = await world.Policy(settings);
        await world.Assign(policy, "device", devices[0]);
        await world.Until(await world.Job(policy, devices), "completed");
        Assert.Equal(["a"], Assert.Single(world.Sent(devices[0])));
        Assert.Equal("policy", await world.Patches.Scalar<string>(
            "select actor_kind from patch_decisions where org_id = @Org and patch_id = @patch", new { world.Org, patch = await world.IdOf("a") }));

        // It holds for the policy's devices alone: the organization has still decided nothing.
        Assert.Equal("pending", (await world.Patches.Find(world.Patches.Name("a")))!["approvalStatus"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task An_offline_device_is_waited_for_until_the_deadline()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(2, ["a"]);
        await world.Approve("a");
        await world.Patches.Agents[devices[0]].Disconnect();
        await world.Patches.Agents[devices[1]].Disconnect();
        await silo.Clock.Advance(TimeSpan.FromMinutes(2));
        var job = await world.Job(await world.Policy(new PatchSettings { DeadlineMinutes = 120, RebootPolicy = RebootPolicy.Never }), devices);
        await world.Until(job, "running");
        await silo.Clock.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(2, JobWorld.Figure(await world.Get(job), "devicesPending"));
        await world.Patches.Agents[devices[0]].Connect();
        await silo.Clock.AdvanceUntil(
            "the device that came back", async () => (JobWorld.Figure(await world.Get(job), "devicesCompleted") == 1, null), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
        Assert.Single(world.Sent(devices[0]));
        await world.Until(job, "completed", TimeSpan.FromHours(2), TimeSpan.FromSeconds(20));
        var late = (await world.Results(job)).Single(r => r!["deviceId"]!.GetValue<Guid>() == devices[1])!;
        Assert.Equal("offline", late["skipReason"]!.GetValue<string>());
    }

    [EngineFact]
    public async Task A_cancelled_job_sends_nothing_more_and_its_counts_hold_at_once()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(3, ["a"]);
        await world.Approve("a");
        await Task.WhenAll(devices.Select(d => world.Patches.Agents[d].Disconnect()));
        await silo.Clock.Advance(TimeSpan.FromMinutes(2));
        var job = await world.Job(await world.Policy(), devices);
        await world.Until(job, "running");
        var cancelled = (await world.Technician.Post($"/patches/jobs/{job}/cancel")).Is(HttpStatusCode.OK).Data;
        Assert.Equal(("cancelled", 3, 0), (cancelled["status"]!.GetValue<string>(), JobWorld.Figure(cancelled, "devicesCompleted"), JobWorld.Figure(cancelled, "devicesPending")));
        Assert.Equal(
            "A patch job that is cancelled cannot be cancelled.", (await world.Technician.Post($"/patches/jobs/{job}/cancel")).Is(HttpStatusCode.BadRequest).Error);
        await Task.WhenAll(devices.Select(d => world.Patches.Agents[d].Connect()));
        await silo.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.All(devices, d => Assert.Empty(world.Sent(d)));
        Assert.All(await world.Results(job), r => Assert.Equal("cancelled", r!["skipReason"]!.GetValue<string>()));
    }

    [EngineFact]
    public async Task Devices_in_a_suppressing_window_are_skipped_at_the_request_and_waited_for_by_a_run()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(2, ["a"]);
        await world.Approve("a");
        (await silo.Admin.Post("/maintenance-windows", new
        {
            name = "Payday",
            scope = new { level = "device", targetId = devices[0] },
            timeZone = "UTC",
            startsAt = silo.Clock.Now.AddMinutes(-10),
            durationMinutes = 60,
            suppressesPatching = true,
        })).Is(HttpStatusCode.Created);
        var policy = await world.Policy(isAssigned: true);
        var made = (await world.PatchJob(policy, devices)).Is(HttpStatusCode.Created).Body!;
        Assert.Equal(1, made["totalDevices"]!.GetValue<int>());
        Assert.Equal([devices[0]], made["skipped"]!["maintenanceSuppressedDeviceIds"]!.AsArray().Select(i => i!.GetValue<Guid>()));
        var conflict = (await world.PatchJob(policy, [devices[0]])).Is(HttpStatusCode.Conflict);
        Assert.Equal([devices[0]], conflict.Body!["skipped"]!["maintenanceSuppressedDeviceIds"]!.AsArray().Select(i => i!.GetValue<Guid>()));
        await world.Until(made["jobs"]![0]!["jobId"]!.GetValue<Guid>(), "completed");

        var run = (await world.Technician.Post($"/configuration-policies/{policy}/run")).Is(HttpStatusCode.Created).Body!["jobs"]![0]!;
        Assert.Equal(2, run["deviceCount"]!.GetValue<int>());
        await silo.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Empty(world.Sent(devices[0]));
        await world.Until(run["jobId"]!.GetValue<Guid>(), "completed", TimeSpan.FromMinutes(45), TimeSpan.FromSeconds(10));
        Assert.Single(world.Sent(devices[0]));
    }

    [EngineFact]
    public async Task The_ids_of_a_request_come_back_where_they_belong_and_none_left_is_404()
    {
        var world = await JobWorld.Create(silo);
        var own = (await world.Devices(1, ["a"]))[0];
        var (foreign, unknown) = (await world.Patches.Device(org: world.Patches.Tenants.Foreign), Guid.NewGuid());
        var policy = await world.Policy();
        var made = (await world.PatchJob(policy, [own, foreign, unknown, own])).Is(HttpStatusCode.Created).Body!;
        Assert.Equal(1, made["totalDevices"]!.GetValue<int>());
        Assert.Equal([unknown], made["skipped"]!["missingDeviceIds"]!.AsArray().Select(i => i!.GetValue<Guid>()));
        Assert.Equal([foreign], made["skipped"]!["inaccessibleDeviceIds"]!.AsArray().Select(i => i!.GetValue<Guid>()));
        var none = (await world.PatchJob(policy, [foreign, unknown])).Is(HttpStatusCode.NotFound);
        Assert.Equal([foreign], none.Body!["skipped"]!["inaccessibleDeviceIds"]!.AsArray().Select(i => i!.GetValue<Guid>()));
        (await world.PatchJob(policy, [])).Is(HttpStatusCode.BadRequest);
        (await world.PatchJob(policy, [own], new { scheduledAt = DateTimeOffset.MaxValue })).Is(HttpStatusCode.BadRequest);
        (await world.PatchJob(policy, Enumerable.Range(0, 501).Select(_ => Guid.NewGuid()))).Is(HttpStatusCode.BadRequest);
    }

    [EngineFact]
    public async Task One_job_is_made_for_each_organization()
    {
        var world = await JobWorld.Create(silo);
        var (own, sister) = (await world.Patches.Device(), await world.Patches.Device(org: world.Patches.Tenants.Sister));
        var policy = await world.Policy();
        var made = (await world.Patches.Partner.Post($"/configuration-policies/{policy}/patch-job", new { deviceIds = new[] { own, sister } })).Is(HttpStatusCode.Created).Body!;
        Assert.Equal(
            new[] { world.Org, world.Patches.Tenants.Sister }.Order(), made["jobs"]!.AsArray().Select(j => j!["orgId"]!.GetValue<Guid>()).Order());
        var listed = (await world.Technician.Get("/patches/jobs")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();
        Assert.Equal(world.Org, Assert.Single(listed)!["orgId"]!.GetValue<Guid>());
    }

    [EngineFact]
    public async Task A_reboot_is_announced_where_the_settings_want_it()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(3, ["a"]);
        await world.Approve("a");
        world.Outcome = (device, patch) => new PatchResult(patch.Id, PatchResultStatus.Installed, RebootRequired: device == devices[0]);
        var policy = await world.Policy(new PatchSettings { RebootPolicy = RebootPolicy.IfRequired, RebootDelayMinutes = 30 });
        await world.Until(await world.Job(policy, devices.Take(2)), "completed");
        var reboot = await Eventually.Is(
            "the reboot command", () => Task.FromResult(world.Patches.Agents[devices[0]].Received.FirstOrDefault(c => c.Type == CommandTypes.Reboot)), c => c is not null, "received");
        Assert.Contains("\"delayMinutes\":30", reboot!.Payload, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Patches.Agents[devices[1]].Received, c => c.Type == CommandTypes.Reboot);

        await world.Until(await world.Job(await world.Policy(new PatchSettings { RebootPolicy = RebootPolicy.Always }, name: "Always"), [devices[2]]), "completed");
        await Eventually.Is(
            "the reboot command", () => Task.FromResult(world.Patches.Agents[devices[2]].Received.Any(c => c.Type == CommandTypes.Reboot)), seen => seen, "received");
    }

    [EngineFact]
    public async Task Only_the_sources_of_the_policy_are_installed()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        await world.Patches.Report(devices[0], [world.Patches.Name("t")], source: "third_party");
        await world.Approve("a", "t");
        await world.Until(await world.Job(await world.Policy(new PatchSettings { Sources = [PatchSource.ThirdParty], RebootPolicy = RebootPolicy.Never }), devices), "completed");
        Assert.Equal(["t"], Assert.Single(world.Sent(devices[0])));
    }

    [EngineFact]
    public async Task A_second_job_of_an_occurrence_is_the_first()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        var policy = await world.Policy(isAssigned: true);
        var jobs = silo.Services.GetRequiredService<IPatchJobs>();
        var wanted = new NewPatchJob(
            new(world.Org), policy, "Nightly", new PatchSettings(), null, null, null, $"{policy}/2026-03-02", AuditActor.System("test"));
        var made = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => (await jobs.Create(wanted, default)).Value!));
        Assert.Single(made.Select(m => m.JobId).Distinct());
        Assert.All(made, m => Assert.Equal(1, m.DeviceCount));
        Assert.Single(devices);
    }

    [EngineFact]
    public async Task A_job_is_not_counted_among_the_deployments()
    {
        var world = await JobWorld.Create(silo);
        var devices = await world.Devices(1, ["a"]);
        var before = await Deployments();
        await world.Job(await world.Policy(), devices, new { scheduledAt = silo.Clock.Now.AddDays(1) });
        Assert.Equal(before, await Deployments());

        Task<long> Deployments() => silo.Database.Read(async c => (await DeploymentMetrics.ByStage(c)).Sum(s => s.Deployments));
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : JobTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : JobTests(silo);
}
