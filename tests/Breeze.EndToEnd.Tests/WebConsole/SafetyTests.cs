using Breeze.Contracts.Access;
using Breeze.Contracts.Deployments;
using Breeze.EndToEnd.Tests.Processes;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>What devices, strangers and roles must not be able to do through the console.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class SafetyTests(ConsoleWorld world)
{
    private const string HostileName = "\u202E<script>window.hacked=1</script><img src=x onerror=window.hacked=1>";

    [Fact]
    public async Task A_hostile_hostname_and_output_are_shown_and_do_nothing()
    {
        var tenant = await world.Tenant("Hostile", 2, hostnames: HostileName);
        var folder = Directory.CreateTempSubdirectory("breeze-hostile-").FullName;
        await using var agent = await AgentProcess.Enroll(world.Silo.Address, tenant.Tenant.EnrollmentKey, folder, "prints-anything");
        await tenant.Tenant.Online(3);

        // Markup, an escape sequence, right-to-left marks, bytes that are no text, and more than is kept.
        const string Script = """
            printf '<script>window.hacked=1</script>\n\033[31mred\033[0m \342\200\256reversed\n\000\377\376\n'
            head -c 70000 /dev/zero | tr '\0' 'x'
            """;
        var id = await tenant.Tenant.Initialize(Script);
        await world.Client.Deployments.Start(id);
        await tenant.Tenant.Ended(id, TimeSpan.FromSeconds(60));
        var record = await tenant.Tenant.Record(id, "prints-anything");

        await using var page = await world.Open(path: $"/devices?org={tenant.OrgId}");
        await Assertions.Expect(page.Page.Locator("main td a, [role=main] td a").Filter(new() { HasText = "<script>" })).ToHaveCountAsync(2);
        await Assertions.Expect(page.Page.Locator("body")).ToContainTextAsync("⟨U+202E⟩");
        await page.Go($"/deployments/{id}/devices/{record.DeviceId}?org={tenant.OrgId}");
        var output = page.Page.Locator(".output pre").First;
        await Assertions.Expect(output).ToContainTextAsync("<script>window.hacked=1</script>");
        await Assertions.Expect(output).ToContainTextAsync("[31mred");
        await Assertions.Expect(output).ToContainTextAsync("⟨U+202E⟩reversed");
        Assert.InRange((await output.InnerTextAsync()).Length, 60_000, 70_000);
        Assert.False(await page.Page.EvaluateAsync<bool>("() => 'hacked' in window"));
        await page.IsAccessible();
        page.IsFaultless();
    }

    [Fact]
    public async Task A_second_customer_sees_nothing_of_the_first()
    {
        var first = await world.Tenant("First customer", 3, hostnames: "secret-host");
        var second = await world.Tenant("Second customer", 1, hostnames: "own-host");
        var deployment = await first.Tenant.Initialize("echo hello");
        var device = (await world.Client.Deployments.DevicePage(deployment)).Data[0].DeviceId;

        await using var page = await world.Open(await world.Key(second.OrgId, KeyRole.Admin), path: "/devices");
        await Assertions.Expect(page.Page.Locator("tbody")).ToContainTextAsync("own-host");
        await Assertions.Expect(page.Page.Locator("body")).Not.ToContainTextAsync("secret-host");
        foreach (var path in new[]
        {
            $"/devices/{device}", $"/deployments/{deployment}", $"/deployments/{deployment}/devices/{device}", $"/deployments/{deployment}/edit",
            $"/deployments/new?from={deployment}",
        })
        {
            await page.Go(path);
            await Assertions.Expect(page.Page.Locator(".problem").First).ToContainTextAsync("not yours to see");
            await Assertions.Expect(page.Page.Locator("body")).Not.ToContainTextAsync("secret-host");
        }

        foreach (var list in new[] { "/deployments", "/patches", "/audit", "/groups", $"/devices?org={first.OrgId}" })
        {
            await page.Go(list);
            await page.Page.WaitForSelectorAsync("[role=main] h1");
            await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await Assertions.Expect(page.Page.Locator("body")).Not.ToContainTextAsync("secret-host");
            await Assertions.Expect(page.Page.Locator("body")).Not.ToContainTextAsync("First customer");
        }

        page.IsFaultless();
    }

    [Fact]
    public async Task What_a_viewer_may_not_do_is_not_offered()
    {
        var tenant = await world.Tenant("Viewing", 2);
        var deployment = await tenant.Tenant.Initialize("echo hello");
        await using var page = await world.Open(await world.Key(tenant.OrgId, KeyRole.Viewer), path: $"/deployments/{deployment}");
        await Assertions.Expect(page.Page.Locator(".records tbody .record")).ToHaveCountAsync(2);
        foreach (var button in new[] { "Start", "Cancel deployment", "Roll back" })
        {
            await Assertions.Expect(page.Button(button)).ToHaveCountAsync(0);
        }

        foreach (var place in new[] { "Enrolment", "Keys and roles", "Audit log", "Cluster" })
        {
            await Assertions.Expect(page.Link(place)).ToHaveCountAsync(0);
        }

        page.IsFaultless();
    }

    [Fact]
    public async Task A_revoked_key_ends_the_open_page()
    {
        var tenant = await world.Tenant("Revoking", 1);
        var key = await world.Client.ApiKeys.Create(new CreateApiKey("soon gone", KeyScope.Org, KeyRole.Viewer, OrgId: tenant.OrgId));
        var deployment = await tenant.Tenant.Initialize("sleep 1");
        await using var page = await world.Open(key.Key!, path: $"/deployments/{deployment}");
        await page.Page.WaitForSelectorAsync(".record");

        await world.Client.ApiKeys.Delete(key.Id);
        await page.Page.WaitForURLAsync("**/sign-in?**", new() { Timeout = 15_000 });
        page.IsFaultless();
    }

    [Fact]
    public async Task A_killed_silo_is_told_of_and_the_page_catches_up_when_it_is_back()
    {
        var tenant = await world.Tenant("Killed", 4);
        var deployment = await tenant.Tenant.Initialize("echo hello", new RolloutConfig { Type = "immediate" });
        await using var page = await world.Open(path: $"/deployments/{deployment}?org={tenant.OrgId}");
        await page.Page.WaitForSelectorAsync(".record");
        page.SiloIsAway = true;
        await world.Silo.Kill();
        await Assertions.Expect(page.Page.Locator(".away")).ToBeVisibleAsync(new() { Timeout = 15_000 });

        await world.Silo.Start();
        await tenant.Tenant.Online(4);
        await world.Client.Deployments.Start(deployment);
        await Assertions.Expect(page.Page.Locator(".away")).ToHaveCountAsync(0, new() { Timeout = 40_000 });
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        Assert.Equal("4", await page.Figure("completed"));
        await Assertions.Expect(page.Page.Locator(".record").First).ToContainTextAsync("completed");
    }
}
