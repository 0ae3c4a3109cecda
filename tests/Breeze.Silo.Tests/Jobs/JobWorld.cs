using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core.Policies;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Patches;

namespace Breeze.Silo.Tests.Jobs;

/// <summary>Devices that install what they are told and say so patch by patch, and an organization's policy.</summary>
internal sealed class JobWorld
{
    private readonly SiloFixture _silo;

    private JobWorld(SiloFixture silo, PatchWorld patches) => (_silo, Patches) = (silo, patches);

    public PatchWorld Patches { get; }

    public Guid Org => Patches.Org;

    public HttpClient Technician => Patches.Technician;

    /// <summary>What a device says of a patch of a command; installed or rolled back unless told otherwise.</summary>
    public Func<Guid, PatchReference, PatchResult?> Outcome { get; set; } = (_, _) => null;

    public static async Task<JobWorld> Create(SiloFixture silo) => new(silo, await PatchWorld.Create(silo));

    /// <summary>Devices that have reported these patches as available.</summary>
    public async Task<IReadOnlyList<Guid>> Devices(int count, string[] available, string[]? installed = null)
    {
        var devices = await Patches.Devices(count);
        foreach (var device in devices)
        {
            Patches.Agents[device].Answers = command => Answer(device, command);
            await Patches.Report(device, available.Select(Patches.Name), (installed ?? []).Select(Patches.Name));
        }

        return devices;
    }

    public Task<Guid> IdOf(string name) => Patches.IdOf(Patches.Name(name));

    public async Task Approve(params string[] names)
    {
        foreach (var name in names)
        {
            (await Technician.Post($"/patches/{await IdOf(name)}/approve", new { orgId = Org })).Is(HttpStatusCode.OK);
        }
    }

    public async Task Decline(string name) => (await Technician.Post($"/patches/{await IdOf(name)}/decline", new { orgId = Org })).Is(HttpStatusCode.OK);

    /// <summary>A policy of the organization that is assigned to all of it, or to nobody.</summary>
    public async Task<Guid> Policy(PatchSettings? settings = null, bool isAssigned = false, string name = "Monthly")
    {
        var policy = (await _silo.Admin.Post("/configuration-policies", new { orgId = Org, name })).Is(HttpStatusCode.Created).Id;
        var inlineSettings = PatchSettingsText.ToBody(settings ?? new PatchSettings { RebootPolicy = RebootPolicy.Never });
        (await _silo.Admin.Post($"/configuration-policies/{policy}/features", new { featureType = "patch", inlineSettings })).Is(HttpStatusCode.Created);
        if (isAssigned)
        {
            await Assign(policy, "organization", Org);
        }

        return policy;
    }

    public async Task Assign(Guid policy, string level, Guid target) =>
        (await _silo.Admin.Post($"/configuration-policies/{policy}/assignments", new { level, targetId = target })).Is(HttpStatusCode.Created);

    public Task<Reply> PatchJob(Guid policy, IEnumerable<Guid> devices, object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { }, BreezeJson.Options)!.AsObject();
        body["deviceIds"] = new JsonArray([.. devices.Select(d => (JsonNode)d)]);
        return Technician.Post($"/configuration-policies/{policy}/patch-job", body);
    }

    /// <summary>Makes a job of one organization and answers its id.</summary>
    public async Task<Guid> Job(Guid policy, IEnumerable<Guid> devices, object? more = null) =>
        (await PatchJob(policy, devices, more)).Is(HttpStatusCode.Created).Body!["jobs"]![0]!["jobId"]!.GetValue<Guid>();

    public async Task<JsonNode> Get(Guid job) => (await Technician.Get($"/patches/jobs/{job}")).Is(HttpStatusCode.OK).Data;

    public async Task<JsonArray> Results(Guid job) => (await Technician.Get($"/patches/jobs/{job}/results?limit=200")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();

    /// <summary>Moves the clock until the job has this status; its counts are looked at on every look.</summary>
    public Task Until(Guid job, string status, TimeSpan? most = null, TimeSpan? step = null) => _silo.Clock.AdvanceUntil(
        $"patch job {job} until {status}",
        async () =>
        {
            await Invariants.Hold(_silo, job);
            var seen = await Get(job);
            var (total, completed, pending) = (Figure(seen, "devicesTotal"), Figure(seen, "devicesCompleted"), Figure(seen, "devicesPending"));
            Xunit.Assert.Equal(total, completed + pending);
            return (seen["status"]!.GetValue<string>() == status, seen);
        },
        most ?? TimeSpan.FromMinutes(5),
        step ?? TimeSpan.FromSeconds(1));

    public static int Figure(JsonNode job, string name) => job[name]!.GetValue<int>();

    /// <summary>The patches of the commands of a type that a device has received, by title. One that was sent again, for the clock ran ahead of the device, counts once.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Sent(Guid device, string type = CommandTypes.InstallPatches) =>
    [
        .. Patches.Agents[device].Received.Where(c => c.Type == type).DistinctBy(c => c.Id)
            .Select(c => (IReadOnlyList<string>)[.. JsonSerializer.Deserialize<PatchesPayload>(c.Payload, BreezeJson.Lenient)!.Patches
                .Select(p => p.ExternalId[..p.ExternalId.IndexOf('-', StringComparison.Ordinal)])]),
    ];

    private Result? Answer(Guid device, Command command)
    {
        if (command.Type is not (CommandTypes.InstallPatches or CommandTypes.RollbackPatches))
        {
            return InProcessAgent.Completed(command);
        }

        var done = command.Type == CommandTypes.InstallPatches ? PatchResultStatus.Installed : PatchResultStatus.RolledBack;
        var results = JsonSerializer.Deserialize<PatchesPayload>(command.Payload, BreezeJson.Lenient)!.Patches
            .Select(p => Outcome(device, p) ?? new PatchResult(p.Id, done)).ToList();
        var failed = results.Count(r => r.Status == PatchResultStatus.Failed);
        return new Result(
            command.Id, command.Attempt, failed > 0 ? ResultStatus.Failed : ResultStatus.Completed, null, null,
            failed > 0 ? $"{failed} of {results.Count} patches failed." : null, 5, JsonSerializer.SerializeToElement(new PatchResults(results), BreezeJson.Options));
    }
}
