using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Breeze.Agent.Tests.Connection;
using Breeze.Contracts.Agents;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Breeze.Fleet.Devices;

namespace Breeze.Agent.Tests.Fleet;

public sealed class SimulatedPatchTests : IDisposable
{
    private static readonly FleetBehaviour Quick = new() { Seed = 11, LongestRun = TimeSpan.Zero, Patches = new PatchBehaviour { PerDevice = 40, Catalogue = 100 } };

    private readonly Signer _signer = new();

    public void Dispose() => _signer.Dispose();

    [Fact]
    public async Task The_same_seed_gives_the_same_patches_and_another_gives_others()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var first = await Start(server, 12, Quick);
        await using var again = await Start(server, 12, Quick);
        await using var other = await Start(server, 12, Quick with { Seed = 12 });
        Assert.Equal(All(first), All(again));
        Assert.NotEqual(All(first), All(other));
        Assert.All(first.Devices, device => Assert.Equal(40, device.Patches.Installed.Count + device.Patches.Offered.Count));
        Assert.InRange(first.Devices.Sum(device => device.Patches.Offered.Count) / (12.0 * 40), 0.15, 0.35);

        static List<string> All(SimulatedFleet fleet) => [.. fleet.Devices.SelectMany(device => device.Patches.Offered.Append("|").Concat(device.Patches.Installed))];
    }

    [Fact]
    public async Task A_scan_reports_every_source_of_the_device_or_those_asked_for()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 20, Quick);
        var windows = fleet.Devices.First(device => device.Patches.Sources.Count == 2);
        var scan = await Run(server, windows, CommandTypes.ScanPatches, new ScanPatchesPayload(), AgentJson.Default.ScanPatchesPayload);
        Assert.Equal(ResultStatus.Completed, scan.Status);
        Assert.Equal(["microsoft", "third_party"], server.Patches.Select(sent => sent.Report.Source));
        Assert.Equal(windows.Patches.Offered.Order(), server.Patches.SelectMany(sent => sent.Report.Available).Select(patch => patch.ExternalId).Order());
        Assert.Equal(windows.Patches.Installed.Order(), server.Patches.SelectMany(sent => sent.Report.Installed).Select(patch => patch.ExternalId).Order());

        server.Patches.Clear();
        await Run(server, windows, CommandTypes.ScanPatches, new ScanPatchesPayload(["third_party", "linux"]), AgentJson.Default.ScanPatchesPayload);
        Assert.Equal(["third_party"], server.Patches.Select(sent => sent.Report.Source));
    }

    [Fact]
    public async Task Each_patch_has_its_own_outcome_and_the_next_scan_shows_it()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 1, Quick);
        var device = fleet.Devices[0];
        var (source, offered) = (device.Patches.Sources[0], device.Patches.Offered.Where(id => !id.StartsWith("winget:", StringComparison.Ordinal)).Take(3).ToList());
        await using var scripted = await Start(server, 1, Quick with
        {
            Patches = Quick.Patches with { Scripted = new Dictionary<string, PatchResultStatus> { [offered[1]] = PatchResultStatus.Failed, [offered[2]] = PatchResultStatus.Skipped } },
        });
        device = scripted.Devices[0];
        var payload = new PatchesPayload([.. offered.Append("kb1").Select(id => new PatchReference(Guid.CreateVersion7(), source, id, id))]);
        var installed = await Run(server, device, CommandTypes.InstallPatches, payload, AgentJson.Default.PatchesPayload);
        Assert.Equal((ResultStatus.Failed, "1 of 4 patches failed."), (installed.Status, installed.Error));
        Assert.Equal(
            [PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Skipped, PatchResultStatus.Skipped],
            Results(installed).Select(result => result.Status));
        Assert.Contains(offered[0], device.Patches.Installed);
        Assert.Contains(offered[1], device.Patches.Offered);
        Assert.Equal(payload.Patches.Select(patch => patch.Id), Results(installed).Select(result => result.Id));

        var back = await Run(server, device, CommandTypes.RollbackPatches, new PatchesPayload([payload.Patches[0]]), AgentJson.Default.PatchesPayload);
        Assert.Equal(PatchResultStatus.RolledBack, Assert.Single(Results(back)).Status);
        Assert.Contains(offered[0], device.Patches.Offered);
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.RolledBack], device.Patches.Deeds.Select(deed => deed.Status));
        Assert.Contains(server.Progress, progress => progress.Phase == CommandPhase.Installing);
    }

    [Fact]
    public async Task Shares_of_outcomes_come_out_as_they_were_set()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 1, Quick with
        {
            Patches = new PatchBehaviour { PerDevice = 2000, Catalogue = 2000, OfferedShare = 1, FailShare = 0.2, SkipShare = 0.1, RebootShare = 0.5 },
        });
        var device = fleet.Devices[0];
        var source = device.Patches.Sources[0];
        var ids = device.Patches.Offered.Where(id => !id.StartsWith("winget:", StringComparison.Ordinal)).Take(1000).ToList();
        var result = await Run(
            server, device, CommandTypes.InstallPatches, new PatchesPayload([.. ids.Select(id => new PatchReference(Guid.CreateVersion7(), source, id, ""))]), AgentJson.Default.PatchesPayload);
        var results = Results(result);
        Assert.InRange(results.Count(one => one.Status == PatchResultStatus.Failed), 150, 250);
        Assert.InRange(results.Count(one => one.Status == PatchResultStatus.Skipped), 60, 140);
        Assert.InRange(results.Count(one => one.RebootRequired), 280, 420);
    }

    [Fact]
    public async Task Software_policies_and_reboots_have_their_outcomes()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 1, Quick);
        var device = fleet.Devices[0];
        var package = new SoftwarePayload(Guid.CreateVersion7(), "Editor", "1.0", "http://127.0.0.1/editor.msi", new string('0', 64), 1);
        var installed = await Run(server, device, CommandTypes.InstallSoftware, package, AgentJson.Default.SoftwarePayload);
        Assert.Equal(new SoftwareResult(true, true), installed.Data!.Value.Deserialize(AgentJson.Default.SoftwareResult));
        Assert.Equal([package.PackageId], device.Software);
        var removed = await Run(server, device, CommandTypes.UninstallSoftware, package, AgentJson.Default.SoftwarePayload);
        Assert.Equal(new SoftwareResult(true, false), removed.Data!.Value.Deserialize(AgentJson.Default.SoftwareResult));

        var policy = new ApplyPolicyPayload(Guid.CreateVersion7(), JsonSerializer.SerializeToElement(new Dictionary<string, string>()));
        var applied = await Run(server, device, CommandTypes.ApplyPolicy, policy, AgentJson.Default.ApplyPolicyPayload);
        Assert.Equal(policy.PolicyId, applied.Data!.Value.Deserialize(AgentJson.Default.AppliedPolicy)!.PolicyId);
        Assert.Equal(policy.PolicyId, device.Policy);

        var reboot = await Run(server, device, CommandTypes.Reboot, new RebootPayload(15, "patches"), AgentJson.Default.RebootPayload);
        Assert.Equal(15, reboot.Data!.Value.Deserialize(AgentJson.Default.AnnouncedReboot)!.DelayMinutes);
    }

    private static IReadOnlyList<PatchResult> Results(Result result) => result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results;

    private async Task<Result> Run<T>(StandInServer server, SimulatedDevice device, string type, T payload, JsonTypeInfo<T> json)
    {
        var command = CommandSignature.Sign(_signer.Sign(type, JsonSerializer.Serialize(payload, json)), device.DeviceId, _signer.Key);
        await server.Send(device.DeviceId, AgentMethods.Command, command);
        await Wait.Until(() => server.Results.Any(result => result.CommandId == command.Id), $"the result of {type}");
        return server.Results.First(result => result.CommandId == command.Id);
    }

    private static async Task<SimulatedFleet> Start(StandInServer server, int devices, FleetBehaviour behaviour)
    {
        var fleet = await SimulatedFleet.Start(new FleetOptions { Server = server.Address, Devices = devices, EnrollmentKey = "right", Behaviour = behaviour });
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await fleet.WaitUntilConnected(deadline.Token);
        return fleet;
    }
}
