using Breeze.Contracts.Access;
using Breeze.Fleet.Behaviour;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>Patches from approval to compliance, and its report, as an operator does it.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class PatchingTests(ConsoleWorld world)
{
    [Fact]
    public async Task An_approved_patch_is_installed_by_a_job_and_compliance_rises()
    {
        var (tenant, policy) = await PatchedTenant("Patched");
        await using var page = await world.Open(path: $"/compliance?org={tenant.OrgId}");
        var before = await Percent(tenant);
        await Assertions.Expect(page.Page.Locator("[role=main]")).ToContainTextAsync("%");

        await page.Go($"/patches?org={tenant.OrgId}");
        var first = page.Page.Locator("tbody tr").First;
        await first.GetByRole(AriaRole.Button, new() { NameRegex = new("^Approve") }).ClickAsync();
        await page.Page.Locator("button[form=decision]").ClickAsync();
        await Assertions.Expect(first).ToContainTextAsync("approved");

        await page.Page.Locator("thead input[type=checkbox]").CheckAsync();
        await page.Page.Locator(".bulk").GetByRole(AriaRole.Button, new() { NameRegex = new("^Approve") }).ClickAsync();
        await page.Page.Locator("button[form=bulk-approve]").ClickAsync();
        await Assertions.Expect(page.Page.Locator(".mud-dialog")).ToContainTextAsync("were approved");
        await page.Page.Locator(".mud-dialog").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Assertions.Expect(page.Page.Locator("tbody tr").Last).ToContainTextAsync("approved");

        var job = (await world.Client.Policies.Run(policy, new())).Jobs[0].JobId;
        await page.Go($"/patches/jobs/{job}?org={tenant.OrgId}");
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        await page.Go($"/compliance?org={tenant.OrgId}");
        await page.Page.WaitForSelectorAsync("[role=main] h1");
        Assert.True(await Percent(tenant) > before);
        page.IsFaultless();
    }

    [Fact]
    public async Task A_report_is_asked_for_followed_and_downloaded()
    {
        var (tenant, _) = await PatchedTenant("Reported");
        await using var page = await world.Open(await world.Key(tenant.OrgId, KeyRole.Technician), path: "/compliance");
        await page.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("CSV") }).First.ClickAsync();
        var download = await page.Page.RunAndWaitForDownloadAsync(
            () => page.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("Download") }).First.ClickAsync(), new() { Timeout = 30_000 });
        var csv = await File.ReadAllTextAsync((await download.PathAsync())!);
        Assert.EndsWith(".csv", download.SuggestedFilename, StringComparison.Ordinal);
        Assert.Contains("patched-", csv, StringComparison.Ordinal);
        Assert.True(csv.Split('\n').Length > 20, csv.Length > 500 ? csv[..500] : csv);
        page.IsFaultless();
    }

    private async Task<decimal> Percent(ConsoleTenant tenant) => (await world.Client.Compliance.Summary(tenant.OrgId)).CompliancePercent;

    private async Task<(ConsoleTenant Tenant, Guid Policy)> PatchedTenant(string name)
    {
        var behaviour = new FleetBehaviour
        {
            ShortestRun = TimeSpan.FromMilliseconds(100),
            LongestRun = TimeSpan.FromMilliseconds(500),
            Patches = new PatchBehaviour { PerDevice = 12, Catalogue = 15, OfferedShare = 0.4, RebootShare = 0 },
        };
        var tenant = await world.Tenant(name, 4, behaviour, "patched");
        var devices = new List<Guid>();
        await foreach (var device in world.Client.Devices.List([("orgId", tenant.OrgId)]))
        {
            devices.Add(device.Id);
        }

        await world.Client.Patches.Scan(devices);
        await Rollouts.TestTenant.Until(
            async () => (await world.Client.Compliance.Summary(tenant.OrgId)) is { } now && now.Total >= 40 ? null : "not every device has reported its patches",
            TimeSpan.FromSeconds(60));
        var policy = await world.Client.Policies.Create(new() { OrgId = tenant.OrgId, Name = "Patching" });
        await world.Client.Policies.SetFeature(policy.Id, new() { FeatureType = "patch", InlineSettings = new() { RebootPolicy = "never" } });
        await world.Client.Policies.Assign(policy.Id, new() { Level = Contracts.Policies.PolicyLevel.Organization, TargetId = tenant.OrgId });
        return (tenant, policy.Id);
    }
}
