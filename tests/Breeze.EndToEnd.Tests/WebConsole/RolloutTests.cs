using System.Text.Json;
using System.Text.RegularExpressions;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Breeze.Fleet.Behaviour;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>Deployments as an operator makes and watches them.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class RolloutTests(ConsoleWorld world)
{
    [Fact]
    public async Task The_walkthrough_leads_from_new_deployment_to_completed()
    {
        var tenant = await world.Tenant("Walkthrough", 8);
        await Script(tenant, "Cleanup");
        await using var page = await world.Open(path: $"/devices?org={tenant.OrgId}");
        await page.Link("Deployments").First.ClickAsync();
        await page.Link("New deployment").ClickAsync();

        await page.Page.GetByLabel("Name", new() { Exact = false }).First.FillAsync("Monthly cleanup");
        await page.Page.Locator("#type").SelectOptionAsync("script");
        await page.Page.Locator("#payload").SelectOptionAsync(new SelectOptionValue { Label = "Cleanup (bash)" });
        await page.Page.Locator("#parameter-DEPTH").FillAsync("3");
        await Radio(page, "All devices").CheckAsync();
        await Assertions.Expect(page.Page.Locator("aside .figures")).ToContainTextAsync("8");
        await Radio(page, "Staggered").CheckAsync();
        await page.Page.Locator("#batch").FillAsync("4");
        await page.Page.Locator("#delay").FillAsync("0");
        await Assertions.Expect(page.Page.Locator("aside figcaption")).ToContainTextAsync("2 batches of 4 devices");
        await page.Page.Locator("#retries").FillAsync("2");
        await page.Page.Locator("#backoff").FillAsync("1, 2");
        await Assertions.Expect(page.Text("tried 3 times")).ToBeVisibleAsync();
        await page.Button("Initialize").ClickAsync();

        await page.Button("Start").ClickAsync();
        await page.Agree("Start");
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        Assert.Equal("8", await page.Figure("completed"));
        Assert.Equal("100 %", await page.Figure("percent complete"));
        await Assertions.Expect(page.Page.Locator(".batch")).ToHaveCountAsync(2);

        await page.Page.Locator("[data-row-link]").First.ClickAsync();
        await Assertions.Expect(page.Page.Locator(".output pre").First).ToContainTextAsync("went well");
        page.IsFaultless();
    }

    [Fact]
    public async Task An_automatic_pause_is_seen_inspected_and_resumed()
    {
        var tenant = await world.Tenant("Pausing", 8, Failing(0, 1));
        var deployment = await Start(tenant, Batches(4) with { Staggered = Staggered(4) with { PauseOnFailureCount = 2 } });
        await using var page = await world.Open(path: $"/deployments/{deployment}?org={tenant.OrgId}");

        await Assertions.Expect(page.Page.Locator(".paused")).ToContainTextAsync("2", new() { Timeout = 30_000 });
        await page.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Failures") }).ClickAsync();
        await Assertions.Expect(page.Page.Locator(".failure")).ToContainTextAsync("2 devices");
        await Assertions.Expect(page.Page.Locator(".failure h2")).ToContainTextAsync("exit code 1");
        await Assertions.Expect(page.Page.Locator(".failure pre")).ToContainTextAsync("attempt 1 failed");
        Assert.Equal("4", await page.Figure("pending"));

        await page.Button("Resume").ClickAsync();
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        Assert.Equal("6", await page.Figure("completed"));
        Assert.Equal("2", await page.Figure("failed"));
        page.IsFaultless();
    }

    [Fact]
    public async Task A_cancelled_deployment_says_so_and_offers_nothing_that_does_not_apply()
    {
        var tenant = await world.Tenant("Cancelling", 4, Quick);
        var deployment = await Start(tenant, Batches(2) with { Staggered = Staggered(2) with { BatchDelayMinutes = 60 } });
        await using var page = await world.Open(path: $"/deployments/{deployment}?org={tenant.OrgId}");

        await page.Button("Cancel deployment").ClickAsync();
        await page.Agree("Cancel deployment");
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("cancelled");
        await Assertions.Expect(page.Button("Resume")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Button("Cancel deployment")).ToHaveCountAsync(0);
        await page.Page.Locator("select[data-filter=status]").SelectOptionAsync("skipped");
        await Assertions.Expect(page.Page.Locator(".records tbody .record").First).ToContainTextAsync("cancelled");
        page.IsFaultless();
    }

    [Fact]
    public async Task A_failed_device_is_retried_from_its_row()
    {
        var behaviour = Quick with { Scripted = new Dictionary<int, IReadOnlyList<OutcomeKind>> { [0] = [OutcomeKind.Failed, OutcomeKind.Completed] } };
        var tenant = await world.Tenant("Retrying", 3, behaviour);
        var deployment = await Start(tenant, Batches(3) with { RetryConfig = new RetryConfig { MaxRetries = 1, BackoffMinutes = [60] } });
        await using var page = await world.Open(path: $"/deployments/{deployment}?org={tenant.OrgId}");

        // It waits an hour for its retry; the operator does not.
        await Assertions.Expect(page.Page.Locator(".figures")).ToContainTextAsync("of them retrying", new() { Timeout = 20_000 });
        await page.Page.Locator(".record", new() { HasText = "next attempt" }).Locator("input[type=checkbox]").CheckAsync();
        await page.Button("Retry 1 selected device").ClickAsync();
        await Assertions.Expect(page.Page.Locator(".page-head .status")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        Assert.Equal("3", await page.Figure("completed"));
        page.IsFaultless();
    }

    [Fact]
    public async Task A_filter_is_written_with_a_live_count_and_becomes_the_target()
    {
        var tenant = await world.Tenant("Filtering", 5);
        await Script(tenant, "Filtered");
        await using var page = await world.Open(path: $"/deployments/new?org={tenant.OrgId}");
        await page.Page.GetByLabel("Name", new() { Exact = false }).First.FillAsync("By filter");
        await page.Page.Locator("#payload").SelectOptionAsync(new SelectOptionValue { Label = "Filtered (bash)" });
        await page.Page.Locator("input[name=target]").Nth(2).CheckAsync();
        await Assertions.Expect(page.Page.Locator(".filter-count")).ToBeVisibleAsync();
        await page.IsAccessible();
        page.IsFaultless();
    }

    private static ILocator Radio(ConsolePage page, string name) => page.Page.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^" + name) });

    private static FleetBehaviour Quick { get; } = new() { ShortestRun = TimeSpan.FromMilliseconds(100), LongestRun = TimeSpan.FromMilliseconds(500) };

    private static FleetBehaviour Failing(params int[] devices) =>
        Quick with { Scripted = devices.ToDictionary(d => d, _ => (IReadOnlyList<OutcomeKind>)[OutcomeKind.Failed]) };

    private static StaggeredConfig Staggered(int size) => new() { BatchSize = JsonSerializer.SerializeToElement(size) };

    private static RolloutConfig Batches(int size) => new() { Type = "staggered", Staggered = Staggered(size) };

    private Task<Script> Script(ConsoleTenant tenant, string name) => world.Client.Scripts.Create(new ScriptBody
    {
        OrgId = tenant.OrgId,
        Name = name,
        Language = Contracts.Agents.ScriptLanguage.Bash,
        Content = "echo hello",
        Parameters = [new ScriptParameterBody { Name = "DEPTH", Required = true, Default = "1" }],
    });

    private async Task<Guid> Start(ConsoleTenant tenant, RolloutConfig rollout)
    {
        var id = await tenant.Tenant.Initialize("echo hello", rollout);
        await world.Client.Deployments.Start(id);
        return id;
    }
}
