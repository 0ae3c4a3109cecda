using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Microsoft.Playwright;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>A published silo, two customers, simulated devices and a browser, shared by the tests of the console.</summary>
public sealed class ConsoleWorld : IAsyncLifetime
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static readonly string[] Quiet =
    [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        "--disable-default-apps", "--disable-extensions",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-console-").FullName;
    private readonly List<SimulatedFleet> _fleets = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public SiloProcess Silo { get; private set; } = null!;

    public BreezeClient Client => Silo.Client;

    public IBrowser Browser => _browser!;

    public async Task InitializeAsync()
    {
        Silo = await SiloProcess.StartAssembly(await PublishedSilo.Assembly(), _folder);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Browsers.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("There is no Chromium; install Debian's package chromium."),
            Args = Quiet,
        });
    }

    /// <summary>A customer of its own with devices of its own, connected.</summary>
    public async Task<ConsoleTenant> Tenant(string name, int devices, FleetBehaviour? behaviour = null, string hostnames = "sim")
    {
        var tenant = await TestTenant.Create(Client, name);
        var fleet = await SimulatedFleet.Start(new FleetOptions
        {
            Server = Silo.Address,
            Devices = devices,
            EnrollmentKey = tenant.EnrollmentKey,
            HostnamePrefix = hostnames,
            Behaviour = behaviour ?? new FleetBehaviour { ShortestRun = TimeSpan.FromMilliseconds(200), LongestRun = TimeSpan.FromSeconds(1) },
        });
        _fleets.Add(fleet);
        await fleet.WaitUntilConnected();
        await tenant.Online(devices - Enumerable.Range(0, devices).Count(d => behaviour?.IsOffline(d) == true));
        return new ConsoleTenant(tenant, fleet);
    }

    /// <summary>An API key for one customer.</summary>
    public async Task<string> Key(Guid org, KeyRole role) =>
        (await Client.ApiKeys.Create(new CreateApiKey($"{role} of the tests", KeyScope.Org, role, OrgId: org))).Key!;

    /// <summary>A page of a browser of its own, signed in.</summary>
    /// <param name="key">Null: the first start's admin.</param>
    public async Task<ConsolePage> Open(string? key = null, int width = 1280, int height = 800, bool dark = false, string path = "/")
    {
        var page = await ConsolePage.Open(this, width, height, dark);
        await page.SignIn(key ?? await Silo.AdminKey(), path);
        return page;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        foreach (var fleet in _fleets)
        {
            await fleet.DisposeAsync();
        }

        await Silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A customer and its simulated devices.</summary>
public sealed record ConsoleTenant(TestTenant Tenant, SimulatedFleet Fleet)
{
    public Guid OrgId => Tenant.OrgId;
}

// After the others: publishing takes both cores for a minute, and tests that kill processes are about seconds.
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleWorld>
{
    public const string Name = "console";
}
