using System.Text;
using System.Text.Json;
using Breeze.Agent.Tests.Patches;
using Breeze.Contracts.Jobs;
using Breeze.Contracts.Patches;
using Breeze.Contracts.Policies;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;

namespace Breeze.EndToEnd.Tests.Patches;

/// <summary>
/// From scan to report with a real silo and a real agent on the machine's real apt and dpkg, turned to a package root of the test's own.
/// What was installed is judged by the files that the packages carry.
/// </summary>
public sealed class RealPatchTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-e2e-").FullName;
    private readonly AptWorld _apt = new();
    private SiloProcess _silo = null!;
    private TestTenant _tenant = null!;
    private AgentProcess _agent = null!;
    private Guid _device;

    public async Task InitializeAsync()
    {
        _silo = await SiloProcess.Start(_folder);
        _tenant = await TestTenant.Create(_silo.Client);
        _agent = await AgentProcess.Enroll(_silo.Address, _tenant.EnrollmentKey, _folder);
        await _tenant.Online(1);
        await _agent.Stop();
        await File.WriteAllTextAsync(Path.Combine(_folder, _agent.Hostname, "agent.json"), JsonSerializer.Serialize(new { tools = Wrappers() }));
        _agent.Start();
        _device = (await _silo.Client.Devices.List([("orgId", _tenant.OrgId)]).SingleAsync()).Id;
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose() => _apt.Dispose();

    [AptFact]
    public async Task From_scan_to_report()
    {
        Offer();
        var found = await Scanned();
        var (good, bad) = (found.Single(p => p.ExternalId == "apt:alpha:all=1.1"), found.Single(p => p.ExternalId == "apt:broken:all=2.0"));
        foreach (var patch in new[] { good, bad })
        {
            await _silo.Client.Patches.Approve(patch.Id, new DecisionBody { OrgId = _tenant.OrgId });
        }

        var policy = await Policy();
        var job = await Ended((await _silo.Client.Policies.PatchJob(policy, new PatchJobBody { DeviceIds = [_device] })).Jobs.Single().JobId);
        Assert.Equal(("failed", 1, 1), (job.Status, job.DevicesCompleted, job.DevicesFailed));
        var results = (await _silo.Client.Jobs.Results(job.Id).SingleAsync()).Patches.ToDictionary(p => p.Id);
        Assert.Equal("installed", results[good.Id].Status);
        Assert.Equal("failed", results[bad.Id].Status);
        Assert.Contains("no room for broken", results[bad.Id].Error, StringComparison.Ordinal);
        Assert.Equal("1.1", _apt.VersionOnDisk("alpha"));
        Assert.Equal("1.0", _apt.VersionOnDisk("undecided"));

        var summary = await _silo.Client.Compliance.Summary(_tenant.OrgId);
        Assert.Equal((1, 2), (summary.Counts.Failed, summary.Counts.Pending));
        var csv = await Report();
        Assert.Contains("real-agent", csv, StringComparison.Ordinal);
        Assert.Contains("apt:alpha:all=1.1", csv, StringComparison.Ordinal);

        var rolledBack = await _silo.Client.Rollbacks.Create(good.Id, new PatchRollbackBody { DeviceIds = [_device] });
        Assert.Equal(1, rolledBack.DeviceCount);
        await TestTenant.Until(
            async () => await _silo.Client.Rollbacks.List([("rollbackId", rolledBack.RollbackIds.Single())]).SingleAsync() is { Status: "completed" }
                ? null
                : "the rollback has not completed",
            Patience);
        Assert.Equal("1.0", _apt.VersionOnDisk("alpha"));
    }

    [AptFact]
    public async Task A_silo_killed_while_packages_are_installed_learns_what_became_of_them()
    {
        Offer();
        var good = (await Scanned()).Single(p => p.ExternalId == "apt:slow:all=1.1");
        await _silo.Client.Patches.Approve(good.Id, new DecisionBody { OrgId = _tenant.OrgId });
        var job = (await _silo.Client.Policies.PatchJob(await Policy(), new PatchJobBody { DeviceIds = [_device] })).Jobs.Single().JobId;
        await TestTenant.UntilFile(Path.Combine(_folder, "slow"), "the install to begin");
        await _silo.Kill();
        await Task.Delay(TimeSpan.FromSeconds(5));
        await _silo.Start();
        Assert.Equal("completed", (await Ended(job)).Status);
        Assert.Equal("1.1", _apt.VersionOnDisk("slow"));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder, "slow")));
        Assert.Equal("installed", (await _silo.Client.Patches.OnDevice(_device).SingleAsync(p => p.Id == good.Id)).Status);
    }

    // Old versions installed, newer ones in the repository: one that works, one that fails, one that takes its time, one that nobody approves.
    private void Offer()
    {
        foreach (var name in new[] { "alpha", "broken", "slow", "undecided" })
        {
            _apt.Package("Sample", name, "1.0");
        }

        _apt.Publish("Sample");
        _apt.Refresh();
        _apt.Install("alpha", "broken", "slow", "undecided");
        _apt.Package("Sample", "alpha", "1.1");
        _apt.Package("Sample", "broken", "2.0", postinst: "echo 'no room for broken' >&2; exit 3");
        _apt.Package("Sample", "slow", "1.1", postinst: $"echo began >> {Path.Combine(_folder, "slow")}; sleep 4");
        _apt.Package("Sample", "undecided", "1.1");
        _apt.Publish("Sample");
    }

    private async Task<List<PatchOnDevice>> Scanned()
    {
        var answer = await _silo.Client.Patches.Scan([_device]);
        Assert.Single(answer.QueuedCommandIds);
        List<PatchOnDevice> found = [];
        await TestTenant.Until(
            async () =>
            {
                found = await _silo.Client.Patches.OnDevice(_device).Where(p => p.Status == "pending").ToListAsync();
                return found.Count == 4 ? null : $"{found.Count} patches are offered, not 4";
            },
            Patience);
        return found;
    }

    private async Task<Guid> Policy()
    {
        var policy = await _silo.Client.Policies.Create(new ConfigurationPolicyBody { OrgId = _tenant.OrgId, Name = "Monthly" });
        await _silo.Client.Policies.SetFeature(policy.Id, new PolicyFeatureBody
        {
            FeatureType = "patch",
            InlineSettings = new PatchSettingsBody { Sources = ["linux"], RebootPolicy = "never" },
        });
        return policy.Id;
    }

    private async Task<PatchJob> Ended(Guid job)
    {
        PatchJob last = null!;
        await TestTenant.Until(
            async () => (last = await _silo.Client.Jobs.Get(job)).Status is "completed" or "failed" or "cancelled" ? null : $"the job is {last}", Patience);
        return last;
    }

    private async Task<string> Report()
    {
        var report = await _silo.Client.Compliance.Request(_tenant.OrgId);
        await _silo.Client.Compliance.Wait(report.ReportId);
        using var file = new MemoryStream();
        await _silo.Client.Compliance.Download(report.ReportId, file);
        return Encoding.UTF8.GetString(file.ToArray());
    }

    /// <summary>The package tools, turned to the test's own root whatever environment they are started in.</summary>
    private Dictionary<string, string> Wrappers()
    {
        var wrappers = new Dictionary<string, string>();
        foreach (var tool in new[] { "apt-get", "apt-cache", "apt-mark", "dpkg", "dpkg-query", "dpkg-deb" }.Where(t => File.Exists($"/usr/bin/{t}")))
        {
            var path = Path.Combine(_folder, $"{tool}-of-the-test");
            var settings = string.Join(' ', _apt.Tools.Environment.Select(e => $"{e.Key}='{e.Value}'"));
            File.WriteAllText(path, $"#!/bin/sh\n{settings} exec /usr/bin/{tool} \"$@\"\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            wrappers[tool] = path;
        }

        return wrappers;
    }
}
