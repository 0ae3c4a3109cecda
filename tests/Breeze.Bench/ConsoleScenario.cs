using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;

namespace Breeze.Bench;

/// <summary>The live page of a large deployment in a real Chromium, while results come in at a set rate.</summary>
public static class ConsoleScenario
{
    private static readonly string[] Quiet =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

    // Reported by the browser: from the input to the paint after it. What is faster than 16 ms is not reported at all.
    private const string Watch = """
        () => {
            window.inputs = [];
            new PerformanceObserver(list => { for (const e of list.getEntries()) if (e.interactionId) window.inputs.push([e.interactionId, e.duration]); })
                .observe({ type: 'event', durationThreshold: 16, buffered: false });
        }
        """;

    private const string Completed =
        "() => { for (const d of document.querySelectorAll('.figures div')) if (d.querySelector('dt').textContent === 'completed') return +d.querySelector('dd').textContent.replace(/\\D/g, ''); return -1; }";

    /// <param name="perSecond">Results a second.</param>
    /// <param name="time">How long the page is used.</param>
    public static async Task<ConsoleFigures> Measure(BenchSilo silo, int devices, int perSecond, TimeSpan time)
    {
        var fleet = await BenchFleet.Create(silo, devices);
        await fleet.Connect(devices);
        fleet.Pace = perSecond;
        var id = await fleet.Initialized(new { type = "staggered", staggered = new { batchSize = devices / 10 } });
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Quiet });
        var cold = await Starts(browser, silo);
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 800 } });
        await SignIn(page, silo, $"/deployments/{id}?org={fleet.Org}");
        await page.WaitForSelectorAsync(".record");
        await page.EvaluateAsync(Watch);
        await silo.Post($"/api/v1/deployments/{id}/start");
        var (lags, inputs) = await Use(page, silo, id, time, perSecond);
        var slow = (await page.EvaluateAsync<JsonElement>("() => window.inputs")).EnumerateArray()
            .GroupBy(e => e[0].GetDouble()).Select(g => g.Max(e => e[1].GetDouble())).ToList();
        slow.AddRange(Enumerable.Repeat(16.0, Math.Max(0, inputs - slow.Count)));
        await silo.Post($"/api/v1/deployments/{id}/cancel");
        await fleet.Disconnect();
        return new ConsoleFigures(cold.Cold, cold.Warm, inputs, At(slow, 0.5), At(slow, 0.95), At(lags, 0.5), At(lags, 0.95));
    }

    // Tabs, batches, a filter and the keyboard, four times a second.
    private static async Task<(List<double> Lags, int Inputs)> Use(IPage page, BenchSilo silo, Guid id, TimeSpan time, int perSecond)
    {
        var lags = new List<double>();
        var inputs = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time; await Task.Delay(250))
        {
            await Touch(page, inputs++);
            var shown = await page.EvaluateAsync<int>(Completed);
            var real = (await silo.Get($"/api/v1/deployments/{id}")).GetProperty("data").GetProperty("progress").GetProperty("completed").GetInt32();
            if (shown >= 0 && real > perSecond)
            {
                lags.Add(1000.0 * Math.Max(0, real - shown) / perSecond);
            }
        }

        return (lags, inputs);
    }

    private static Task Touch(IPage page, int n) => (n % 4) switch
    {
        0 => page.Locator(".tabs a").Nth(2).ClickAsync(),
        1 => page.Locator(".tabs a").Nth(0).ClickAsync(),
        2 => page.Keyboard.PressAsync("j"),
        _ => page.Locator(".batch a").First.ClickAsync(),
    };

    private static async Task<(TimeSpan Cold, TimeSpan Warm)> Starts(IBrowser browser, BenchSilo silo)
    {
        await using var context = await browser.NewContextAsync();
        var page = await context.NewPageAsync();
        var clock = Stopwatch.StartNew();
        await page.GotoAsync(new Uri(silo.Http.BaseAddress!, "/sign-in").ToString());
        await page.WaitForSelectorAsync("input[type=password]");
        var cold = clock.Elapsed;
        await SignIn(page, silo, "/deployments");
        clock.Restart();
        await page.GotoAsync(new Uri(silo.Http.BaseAddress!, "/deployments").ToString());
        await page.WaitForSelectorAsync("[role=main] h1");
        return (cold, clock.Elapsed);
    }

    private static async Task SignIn(IPage page, BenchSilo silo, string path)
    {
        await page.GotoAsync(new Uri(silo.Http.BaseAddress!, $"/sign-in?returnTo={Uri.EscapeDataString(path)}").ToString());
        await page.FillAsync("input[type=password]", silo.Http.DefaultRequestHeaders.Authorization!.Parameter!);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("[role=main] h1");
    }

    private static double At(List<double> values, double share) => values.Count == 0 ? double.NaN : values.Order().ElementAt((int)((values.Count - 1) * share));
}

/// <summary>How the console did; times in milliseconds but the starts.</summary>
public sealed record ConsoleFigures(
    TimeSpan Cold, TimeSpan Warm, int Inputs, double InputP50, double InputP95, double LagP50, double LagP95)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"cold {Cold.TotalSeconds:0.00} s, warm {Warm.TotalSeconds:0.00} s; {Inputs} inputs: to paint {InputP50:0} ms median, {InputP95:0} ms 95th (aim 100); shown {LagP50:0} ms late in the median, {LagP95:0} ms 95th (aim 1000)");
}
