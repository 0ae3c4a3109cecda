using Breeze.Cli.Deployments;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Contracts.Fleet;
using Breeze.Fleet;

namespace Breeze.Cli.Demo;

/// <summary>A server, a fleet and a real agent that run, and the rollout over them. Disposing ends all processes and removes their files.</summary>
public sealed class DemoRun : IAsyncDisposable
{
    private readonly Shell _shell;
    private readonly DemoSteps _steps;
    private readonly bool _silent;
    private readonly Stack<IAsyncDisposable> _running = new();
    private DemoSilo? _silo;
    private ChildProcess? _agent;
    private BreezeClient? _client;
    private Guid _agentDevice;
    private DemoTenant? _tenant;
    private Guid _deployment;

    private DemoRun(Shell shell, bool silent)
    {
        (_shell, _silent, _steps) = (shell, silent, new DemoSteps(shell, silent));
        // Private to this user: the server's admin key is in it.
        Directory = System.IO.Directory.CreateTempSubdirectory("breeze-demo-").FullName;
    }

    public string Directory { get; }

    public DemoSilo Silo => _silo!;

    /// <summary>The rollout's page in the console.</summary>
    public Uri RolloutAddress => new(Silo.Address, $"/deployments/{_deployment}");

    /// <exception cref="DemoException">Something did not build, start or connect.</exception>
    public static async Task<DemoRun> Prepare(Shell shell, int devices, bool build, bool silent, CancellationToken cancel)
    {
        var demo = new DemoRun(shell, silent);
        try
        {
            await demo.Start(SourceTree.Find(), devices, build, cancel);
            return demo;
        }
        catch
        {
            await demo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the deployment, starts it, shows it, and gathers what came of it.</summary>
    public async Task<DemoResult> RollOut(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var broken = Broken(stop.Token);
        var rollout = Roll(stop.Token);
        try
        {
            if (await Task.WhenAny(rollout, broken) == broken)
            {
                await broken;
            }

            return await rollout;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAny(rollout);
        }
    }

    /// <summary>Where the rollout can be watched: signs a browser in, once, within an hour.</summary>
    public async Task<Uri> WatchAddress(CancellationToken cancel)
    {
        var link = await _client!.Session.CreateLink(cancel);
        var secret = new Uri(link.Url ?? throw new DemoException("The server did not show the sign-in link.")).Fragment;
        return new Uri(Silo.Address, $"/sign-in?returnTo={Uri.EscapeDataString($"/deployments/{_deployment}")}{secret}");
    }

    /// <summary>Ends with a <see cref="DemoException"/> when the server or the agent dies; else never, until cancelled.</summary>
    public async Task Broken(CancellationToken cancel) => await await Task.WhenAny(Silo.Process.Watch(cancel), _agent!.Watch(cancel));

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        while (_running.TryPop(out var part))
        {
            await part.DisposeAsync();
        }

        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (IOException left)
        {
            _shell.Errors.WriteLine($"breeze: {Directory} could not be removed: {left.Message}");
        }
    }

    private async Task Start(SourceTree sources, int devices, bool build, CancellationToken cancel)
    {
        if (build)
        {
            await _steps.Step("Build the server and the agent", async () =>
            {
                await sources.Build("Breeze.Silo", cancel);
                await sources.Build("Breeze.Agent", cancel);
            });
        }

        _silo = Keep(await _steps.Step("Start the server on its embedded database", () => DemoSilo.Start(sources, Directory, _shell.Time, cancel)));
        _client = await _silo.Connect(_shell.Connect, cancel);
        var tenant = _tenant = await DemoTenant.Create(_client, devices, cancel);
        var fleet = Keep(await _steps.Step($"Enrol and connect {devices} simulated devices", () => Simulate(tenant, devices, cancel)));
        await _steps.Step("Enrol and connect the real agent on this machine", async () =>
        {
            _agent = Keep(await RealAgent.Start(sources, _silo.Address, tenant.EnrollmentKey, Directory, cancel));
            _agentDevice = await Online(tenant.OrgId, cancel);
            await fleet.WaitUntilConnected(cancel);
        });
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _running.Push(part);
        return part;
    }

    private async Task<SimulatedFleet> Simulate(DemoTenant tenant, int devices, CancellationToken cancel)
    {
        var fleet = await SimulatedFleet.Start(
            new FleetOptions { Server = Silo.Address, Devices = devices, EnrollmentKey = tenant.EnrollmentKey, Behaviour = DemoPlan.Behaviour(devices), Tags = ["simulated"] },
            time: _shell.Time,
            cancelled: cancel);
        await fleet.WaitUntilConnected(cancel);
        return fleet;
    }

    /// <summary>Waits until the server sees the real agent.</summary>
    private async Task<Guid> Online(Guid org, CancellationToken cancel)
    {
        var broken = Broken(cancel);
        while (true)
        {
            await foreach (var device in _client!.Devices.List([("orgId", org)], cancel))
            {
                if (device.Status == DeviceStatus.Online && device.Tags.Contains("real"))
                {
                    return device.Id;
                }
            }

            if (await Task.WhenAny(broken, Task.Delay(TimeSpan.FromMilliseconds(300), _shell.Time, cancel)) == broken)
            {
                await broken;
            }
        }
    }

    private async Task<DemoResult> Roll(CancellationToken cancel)
    {
        var draft = (await _client!.Deployments.Create(_tenant!.Rollout(), cancel)).Value;
        var planned = await _client.Deployments.Initialize(draft.Id, cancel);
        Say($"{planned.DeviceCount} devices in {planned.TotalBatches} batches of {string.Join(", ", planned.Batches.Select(batch => batch.DeviceCount))}; {planned.OfflineCount} offline.");
        var started = _shell.Time.GetTimestamp();
        await _client.Deployments.Start(draft.Id, cancel);
        _deployment = draft.Id;
        Say($"Watch it in a browser: {await WatchAddress(cancel)}");
        var ended = await new RolloutWatch(_shell, _client, draft.Id, _silent ? WatchStyle.Silent : WatchStyle.People, stopWhenPaused: true).UntilEnd(cancel);
        return await DemoResult.Of(_client, ended, _agentDevice, _shell.Time.GetElapsedTime(started), cancel);
    }

    private void Say(string line)
    {
        if (!_silent)
        {
            _shell.Output.WriteLine(line);
        }
    }
}
