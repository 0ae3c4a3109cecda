using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Breeze.Contracts.Software;
using Breeze.Fleet.Behaviour;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>A customer with something of everything, so that every page has something to show.</summary>
public static class Showcase
{
    /// <summary>The name of each page's picture, and its address with the ids of what was made.</summary>
    public static async Task<IReadOnlyList<(string Name, string Path)>> Make(ConsoleWorld world)
    {
        var behaviour = new FleetBehaviour
        {
            SuccessRate = 0.8,
            OfflineShare = 0.1,
            ShortestRun = TimeSpan.FromMilliseconds(100),
            LongestRun = TimeSpan.FromSeconds(1),
            Patches = new PatchBehaviour { PerDevice = 12, Catalogue = 40, OfferedShare = 0.4, FailShare = 0.1 },
        };
        var tenant = await world.Tenant("Alpine Dental Group", 40, behaviour, "adg-ws");
        var client = world.Client;
        var org = tenant.OrgId;
        var device = (await client.Devices.Page(1, 1, query: [("orgId", org), ("status", "online")])).Data[0];
        var group = await client.Groups.Create(new GroupBody { OrgId = org, Name = "Reception desks", Type = GroupType.Static, DeviceIds = [device.Id] });
        var script = await client.Scripts.Create(new ScriptBody
        {
            OrgId = org,
            Name = "Clean temporary files",
            Language = ScriptLanguage.Bash,
            Content = "#!/bin/bash\nfind /tmp -type f -mtime +\"$DAYS\" -delete\n",
            Parameters = [new ScriptParameterBody { Name = "DAYS", Default = "7" }],
        });
        await client.SoftwarePackages.Create(new SoftwarePackageBody
        {
            OrgId = org,
            Name = "Viewer",
            Version = "3.2",
            OsType = "linux",
            Url = "https://packages.example.com/viewer-3.2.deb",
            Sha256 = new string('a', 64),
            SizeBytes = 12_000_000,
        });
        await client.MaintenanceWindows.Create(new MaintenanceWindowBody
        {
            Name = "Weeknights",
            Scope = new WindowScope { Level = WindowLevel.Organization, TargetId = org },
            TimeZone = "Europe/Zurich",
            StartsAt = new DateTimeOffset(2026, 1, 5, 21, 0, 0, TimeSpan.Zero),
            DurationMinutes = 240,
            Recurrence = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
        });
        var (policy, job) = await Patch(world, org);
        var draft = (await client.Deployments.Create(Rollout(org, script.Id, "Clean temporary files, everywhere"))).Value.Id;
        var running = (await client.Deployments.Create(Rollout(org, script.Id, "Clean temporary files, pilot"))).Value.Id;
        await client.Deployments.Initialize(running);
        await client.Deployments.Start(running);
        await Rollouts.TestTenant.Until(
            async () => (await client.Deployments.Get(running)).Value is { Status: DeploymentStatus.Paused or DeploymentStatus.Completed } ? null : "the rollout goes on",
            TimeSpan.FromSeconds(60));
        var record = await client.Deployments.Devices(running).FirstAsync(r => r.Result is not null);
        var patch = (await client.Patches.Page(1, 1, query: [("orgId", org)])).Data[0].Id;
        return
        [
            .. new (string Name, string Path)[]
            {
                ("fleet", "/devices"), ("device", $"/devices/{device.Id}"), ("groups", "/groups"), ("group", $"/groups/{group.Id}"), ("sites", "/sites"),
                ("deployments", "/deployments"), ("deployment-new", "/deployments/new"), ("deployment-edit", $"/deployments/{draft}/edit"),
                ("deployment", $"/deployments/{running}"), ("deployment-failures", $"/deployments/{running}?view=failures"),
                ("deployment-plan", $"/deployments/{running}?view=plan"), ("deployment-device", $"/deployments/{running}/devices/{record.DeviceId}"),
                ("deployment-draft", $"/deployments/{draft}"), ("patches", "/patches"), ("patch", $"/patches/{patch}"), ("patch-jobs", "/patches/jobs"),
                ("patch-job", $"/patches/jobs/{job}"), ("patch-rollbacks", "/patches/rollbacks"), ("compliance", "/compliance"), ("policies", "/policies"),
                ("policy", $"/policies/{policy}"), ("scripts", "/scripts"), ("script", $"/scripts/{script.Id}"), ("software", "/software"),
                ("maintenance-windows", "/maintenance-windows"), ("enrolment", "/enrolment"), ("keys", "/keys"), ("organizations", "/organizations"),
                ("audit", "/audit"), ("cluster", "/cluster"),
            }.Select(page => (page.Name, $"{page.Path}{(page.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}org={org}")),
        ];
    }

    private static async Task<(Guid Policy, Guid Job)> Patch(ConsoleWorld world, Guid org)
    {
        var client = world.Client;
        var devices = await client.Devices.List([("orgId", org), ("status", "online")]).Select(d => d.Id).ToListAsync();
        await client.Patches.Scan(devices);
        await Rollouts.TestTenant.Until(
            async () => (await client.Compliance.Summary(org)).Total >= devices.Count * 10 ? null : "not every device has reported its patches", TimeSpan.FromSeconds(60));
        var policy = await client.Policies.Create(new() { OrgId = org, Name = "Workstations, weekly" });
        await client.Policies.SetFeature(policy.Id, new()
        {
            FeatureType = "patch",
            InlineSettings = new() { ScheduleFrequency = "weekly", ScheduleDayOfWeek = "wed", ScheduleTime = "02:30", AutoApprove = true, AutoApproveSeverities = ["critical"], RebootPolicy = "never" },
        });
        await client.Policies.Assign(policy.Id, new() { Level = Contracts.Policies.PolicyLevel.Organization, TargetId = org });
        var patches = await client.Patches.List([("orgId", org)]).Take(12).ToListAsync();
        await client.Patches.BulkApprove(new() { OrgId = org, PatchIds = [.. patches.Skip(2).Select(p => p.Id)] });
        await client.Patches.Decline(patches[0].Id, new() { OrgId = org, Note = "breaks the scanner" });
        var job = (await client.Policies.Run(policy.Id, new())).Jobs[0].JobId;
        return (policy.Id, job);
    }

    private static DeploymentBody Rollout(Guid org, Guid script, string name) => new()
    {
        OrgId = org,
        Name = name,
        Type = "script",
        Payload = JsonSerializer.SerializeToElement(new { scriptId = script, parameters = new { DAYS = "14" } }),
        TargetType = "all",
        TargetConfig = new TargetConfig { Type = "all" },
        RolloutConfig = new RolloutConfig
        {
            Type = "staggered",
            Staggered = new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement("10%"), BatchDelayMinutes = 0, PauseOnFailurePercent = 10 },
            RetryConfig = new RetryConfig { MaxRetries = 0 },
        },
    };
}
