using System.Diagnostics;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>Every page, as people with and without sight meet it.</summary>
/// <remarks><c>BREEZE_SCREENSHOTS=DIR</c> keeps a picture of each page, light and dark, wide and on a phone.</remarks>
[Collection(ConsoleCollection.Name)]
public sealed class PagesTests(ConsoleWorld world)
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("BREEZE_SCREENSHOTS");

    [Fact]
    public async Task Every_page_is_accessible_fits_a_phone_and_has_no_error()
    {
        var pages = await Showcase.Make(world);
        var faults = new List<string>();
        await using var page = await world.Open(path: "/devices");
        foreach (var (name, path) in pages)
        {
            await Look(page, name, path, faults);
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task The_download_is_small_kept_by_the_browser_and_usable_soon()
    {
        var key = await world.Silo.AdminKey();
        await using var page = await world.Open(key, path: "/devices");
        await using var cold = await ConsolePage.Open(world, 1280, 800, dark: false);
        var bytes = 0L;
        var session = await cold.Page.Context.NewCDPSessionAsync(cold.Page);
        await session.SendAsync("Network.enable");
        session.Event("Network.loadingFinished").OnEvent += (_, data) => bytes += (long)data!.Value.GetProperty("encodedDataLength").GetDouble();
        var clock = Stopwatch.StartNew();
        await cold.Go("/sign-in");
        await cold.Page.GetByLabel("API key").WaitForAsync();
        var coldTime = clock.Elapsed;
        await cold.SignIn(key, "/devices");
        var all = bytes;

        bytes = 0;
        clock.Restart();
        await cold.Go("/devices");
        await cold.Page.WaitForSelectorAsync("[role=main] h1");
        var warmTime = clock.Elapsed;
        Assert.InRange(all, 100_000, 5 * 1024 * 1024);
        Assert.InRange(bytes, 0, all / 4);

        // Generous for a machine that is busy with other tests; docs/console.md has the figures of a quiet one.
        Assert.True(coldTime < TimeSpan.FromSeconds(10), $"A cold start took {coldTime.TotalSeconds:0.0} s.");
        Assert.True(warmTime < TimeSpan.FromSeconds(6), $"A warm start took {warmTime.TotalSeconds:0.0} s.");
        System.Console.WriteLine($"console: {all / 1024.0 / 1024.0:0.00} MB, cold {coldTime.TotalSeconds:0.00} s, warm {warmTime.TotalSeconds:0.00} s and {bytes / 1024.0:0} KB");
    }

    // Loaded once, and looked at light, dark and on a phone held upright.
    private static async Task Look(ConsolePage page, string name, string path, List<string> faults)
    {
        var how = "light";
        try
        {
            await page.Go(path);
            await page.Page.WaitForSelectorAsync("[role=main] h1");
            await page.Page.WaitForLoadStateAsync(LoadState.NetworkIdle, new() { Timeout = 5_000 });
            await Assertions.Expect(page.Page.Locator("[role=main] [role=progressbar]:not([aria-valuenow]), [role=main] .listing-loading")).ToHaveCountAsync(0);
            await Assertions.Expect(page.Page.Locator("[role=main] .problem")).ToHaveCountAsync(0);
            await page.IsAccessible();
            await Picture(page, name);

            how = "dark";
            await page.Button("Use dark colours").ClickAsync();
            await Rest(page);
            await page.IsAccessible();
            await Picture(page, $"{name}-dark");
            await page.Button("Use light colours").ClickAsync();

            how = "phone";
            await page.Page.SetViewportSizeAsync(390, 844);
            await Rest(page);
            await Picture(page, $"{name}-phone");
            var tooWide = await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(tooWide <= 0, $"it is {tooWide} px wider than the screen");
            page.IsFaultless();
        }
        catch (Exception wrong) when (wrong is Xunit.Sdk.XunitException or PlaywrightException or TimeoutException)
        {
            faults.Add($"{name} ({how}): {wrong.Message}");
        }

        // The next page begins light and wide, however this one ended.
        await page.Page.EvaluateAsync("() => localStorage.removeItem('breeze.theme')");
        await page.Page.SetViewportSizeAsync(1280, 800);
    }

    // What opens, closes or changes its colour has come to rest.
    private static Task Rest(ConsolePage page) => page.Page.WaitForTimeoutAsync(500);

    private static async Task Picture(ConsolePage page, string name)
    {
        if (Pictures is not null)
        {
            await page.Page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, name + ".png") });
        }
    }
}
