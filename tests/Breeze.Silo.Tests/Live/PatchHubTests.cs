using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Jobs;
using Breeze.Silo.Tests.Approvals;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Breeze.Silo.Tests.Patches;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Live;

/// <summary>What a console hears of patch jobs and of compliance, over a real socket.</summary>
public abstract class PatchHubTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_job_is_followed_to_its_end_and_its_counts_never_contradict_each_other()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(3);
        var name = world.Name("kb");
        foreach (var device in devices)
        {
            world.Agents[device].Answers = Installed;
            await world.Report(device, [name]);
        }

        (await world.Technician.Post($"/patches/{await world.IdOf(name)}/approve", new { })).Is(HttpStatusCode.OK);
        var job = (await silo.Services.GetRequiredService<IPatchJobs>().Create(
            new NewPatchJob(
                new OrgId(world.Org), null, "Job", new PatchSettings(), [.. devices.Select(d => new DeviceId(d))], null, silo.Clock.Now.AddMinutes(2), null,
                AuditActor.System("test")),
            default)).Value!.JobId;
        await using var hub = Connection(silo.AdminKey);
        var heard = new ConcurrentQueue<JobProgress>();
        hub.On<JobProgress>(PatchHubMethods.JobProgress, heard.Enqueue);
        await hub.StartAsync();
        var now = await hub.InvokeAsync<JobProgress>(PatchHubMethods.SubscribeJob, new SubscribeJobRequest(job));
        Assert.Equal(("scheduled", 3, 3, 0), (now.Status, now.DevicesTotal, now.DevicesPending, now.DevicesCompleted));
        await silo.Clock.AdvanceUntil(
            $"job {job} is heard to have completed",
            () => Task.FromResult((heard.LastOrDefault()?.Status == "completed", (object?)heard.LastOrDefault())),
            TimeSpan.FromMinutes(20),
            TimeSpan.FromMilliseconds(500));
        Assert.Equal((3, 0, 0), (heard.Last().DevicesCompleted, heard.Last().DevicesPending, heard.Last().DevicesFailed));
        Assert.All(heard, m => Assert.Equal(m.DevicesTotal, m.DevicesCompleted + m.DevicesPending));
        Assert.Equal(heard.Select(m => m.Version), heard.Select(m => m.Version).Order());
    }

    [EngineFact]
    public async Task Compliance_is_told_when_it_changed_and_not_when_it_did_not()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await using var hub = Connection(silo.AdminKey);
        var heard = new ConcurrentQueue<ComplianceChanged>();
        hub.On<ComplianceChanged>(PatchHubMethods.ComplianceChanged, heard.Enqueue);
        await hub.StartAsync();
        var now = await hub.InvokeAsync<ComplianceChanged>(PatchHubMethods.SubscribeCompliance, new SubscribeComplianceRequest(world.Org));
        Assert.Equal((100m, 0L), (now.CompliancePercent, now.Total));
        await world.Report(device, [world.Name("a"), world.Name("b"), world.Name("c")], [world.Name("d")]);
        await Heard(heard, m => m is { Pending: 3, Installed: 1, CompliancePercent: 25m });
        var messages = heard.Count;
        await silo.Clock.Advance(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
        Assert.Equal(messages, heard.Count);
        await world.Report(device, [world.Name("a")], [world.Name("b"), world.Name("c"), world.Name("d")]);
        await Heard(heard, m => m is { Pending: 1, Installed: 3, CompliancePercent: 75m });
    }

    [EngineFact]
    public async Task Each_decision_and_the_end_of_a_deferral_is_told_once()
    {
        var world = await FleetWorld.Create(silo);
        var patch = await silo.NewPatch(world.Org);
        await using var hub = Connection(silo.AdminKey);
        var heard = new ConcurrentQueue<ChangedApproval>();
        hub.On<ApprovalsChanged>(PatchHubMethods.ApprovalsChanged, m => m.Patches.ToList().ForEach(heard.Enqueue));
        await hub.StartAsync();
        Assert.Empty((await hub.InvokeAsync<ApprovalsChanged>(PatchHubMethods.SubscribeApprovals, new SubscribeApprovalsRequest(world.Org))).Patches);
        (await world.Technician.Post($"/patches/{patch}/decline", new { })).Is(HttpStatusCode.OK);
        await Heard("rejected");
        (await world.Technician.Post($"/patches/{patch}/defer", new { deferUntil = silo.Clock.Now.AddSeconds(40) })).Is(HttpStatusCode.OK);
        await Heard("deferred");
        await silo.Clock.Advance(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
        Assert.Equal(2, heard.Count);
        await Heard("pending");
        await silo.Clock.Advance(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1));
        Assert.Equal([new(patch, "rejected"), new(patch, "deferred"), new ChangedApproval(patch, "pending")], heard);

        Task Heard(string status) => silo.Clock.AdvanceUntil(
            $"{status} is told",
            () => Task.FromResult((heard.LastOrDefault()?.Status == status, (object?)heard.LastOrDefault())),
            TimeSpan.FromMinutes(1),
            TimeSpan.FromSeconds(1));
    }

    [EngineFact]
    public async Task What_others_have_is_refused_like_what_does_not_exist()
    {
        var world = await PatchWorld.Create(silo);
        await using var hub = Connection(await world.Tenants.Key(Contracts.Access.KeyRole.Viewer));
        await hub.StartAsync();
        await hub.InvokeAsync<ComplianceChanged>(PatchHubMethods.SubscribeCompliance, new SubscribeComplianceRequest(world.Org));
        var answers = new List<string>();
        foreach (var org in new[] { world.Tenants.Foreign, Guid.NewGuid() })
        {
            answers.Add((await Assert.ThrowsAsync<HubException>(
                () => hub.InvokeAsync<ComplianceChanged>(PatchHubMethods.SubscribeCompliance, new SubscribeComplianceRequest(org)))).Message);
        }

        Assert.Single(answers.Distinct());
    }

    private static Result Installed(Command command) => new(
        command.Id, command.Attempt, ResultStatus.Completed, 0, "installed", null, 5,
        command.Type == CommandTypes.InstallPatches
            ? JsonSerializer.SerializeToElement(
                new PatchResults([.. JsonSerializer.Deserialize<PatchesPayload>(command.Payload, BreezeJson.Lenient)!.Patches.Select(p => new PatchResult(p.Id, PatchResultStatus.Installed))]),
                BreezeJson.Lenient)
            : null);

    private Task Heard(ConcurrentQueue<ComplianceChanged> heard, Func<ComplianceChanged, bool> fits) => silo.Clock.AdvanceUntil(
        "compliance is told",
        () => Task.FromResult((heard.LastOrDefault() is { } last && fits(last), (object?)heard.LastOrDefault())),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromSeconds(1));

    private HubConnection Connection(string key) => new HubConnectionBuilder()
        .WithUrl(new Uri(silo.Address, "/hubs/console"), o =>
        {
            o.Transports = HttpTransportType.WebSockets;
            o.SkipNegotiation = true;
            o.AccessTokenProvider = () => Task.FromResult<string?>(key);
        })
        .AddJsonProtocol(o => o.PayloadSerializerOptions = BreezeJson.Lenient)
        .Build();
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqlitePatchHubTests(SqliteSilo silo) : PatchHubTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresPatchHubTests(PostgresSilo silo) : PatchHubTests(silo);
