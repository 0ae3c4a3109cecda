using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>One browser page at the console that notices what nobody may see: errors of its own, and requests to other hosts.</summary>
public sealed class ConsolePage : IAsyncDisposable
{
    private readonly ConsoleWorld _world;
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _wrong = new();

    private ConsolePage(ConsoleWorld world, IBrowserContext context, IPage page) => (_world, _context, Page) = (world, context, page);

    public IPage Page { get; }

    /// <summary>True while the silo is meant to be away: failed requests and their console lines are no fault then.</summary>
    public bool SiloIsAway { get; set; }

    public static async Task<ConsolePage> Open(ConsoleWorld world, int width, int height, bool dark)
    {
        var context = await world.Browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            TimezoneId = "Europe/Zurich",
            AcceptDownloads = true,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(20_000);
        var page = new ConsolePage(world, context, await context.NewPageAsync());
        page.Watch();
        return page;
    }

    public async Task SignIn(string key, string path = "/")
    {
        await Go($"/sign-in?returnTo={Uri.EscapeDataString(path)}");
        await Page.GetByLabel("API key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Page.WaitForSelectorAsync("main h1, [role=main] h1");
    }

    public Task Go(string path) => Page.GotoAsync(new Uri(_world.Silo.Address, path).ToString());

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name });

    public ILocator Text(string text) => Page.GetByText(text);

    /// <summary>A figure of the progress card, such as "completed".</summary>
    public async Task<string> Figure(string name) =>
        (await Page.Locator(".figures div", new() { Has = Page.Locator($"dt:text-is(\"{name}\")") }).Locator("dd").InnerTextAsync()).Trim();

    /// <summary>Agrees to what a dialog asks.</summary>
    public Task Agree(string verb) => Page.Locator(".mud-dialog").GetByRole(AriaRole.Button, new() { Name = verb, Exact = true }).ClickAsync();

    /// <summary>Fails with each serious or critical finding of the page as it is now.</summary>
    public async Task IsAccessible()
    {
        var found = await Page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] } });
        var serious = found.Violations.Where(v => v.Impact is "serious" or "critical")
            .Select(v => $"{v.Id} ({v.Impact}): {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html))}");
        Assert.Empty(serious);
    }

    /// <summary>Fails with whatever went wrong on the page so far.</summary>
    public void IsFaultless() => Assert.Empty(_wrong);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Watch()
    {
        Page.PageError += (_, error) => _wrong.Enqueue($"page error: {error}");
        Page.Console += (_, message) =>
        {
            if (message.Type == "error" && !SiloIsAway && !IsExpected(message.Text))
            {
                _wrong.Enqueue($"console: {message.Text} at {message.Location}");
            }
        };
        Page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is not ("data" or "blob") && address.Authority != _world.Silo.Address.Authority)
            {
                _wrong.Enqueue($"request to another host: {request.Url}");
            }
        };
        Page.WebSocket += (_, socket) =>
        {
            if (new Uri(socket.Url).Authority != _world.Silo.Address.Authority)
            {
                _wrong.Enqueue($"socket to another host: {socket.Url}");
            }
        };
    }

    // The browser itself writes a line for each answer of 4xx; that nobody is signed in yet is one, and refusals that a test asks for are others.
    private static bool IsExpected(string line) => line.Contains("status of 40", StringComparison.Ordinal) || line.Contains("status of 422", StringComparison.Ordinal);
}
