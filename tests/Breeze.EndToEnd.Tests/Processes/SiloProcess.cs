using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Breeze.Client;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>A silo as a process, on a port of its own; it can be killed and started again on the same data.</summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string[] _arguments;
    private BuiltProgram? _program;

    private readonly string _assembly;
    private readonly string[] _before;

    private SiloProcess(string folder, string[] arguments, string? assembly = null, Uri? address = null, string[]? before = null)
    {
        _folder = folder;
        _assembly = assembly ?? BuiltProgram.Assembly("Breeze.Silo");
        _arguments = arguments;
        _before = before ?? [];
        Address = address ?? new Uri($"http://127.0.0.1:{FreePort()}/");
    }

    public Uri Address { get; }

    /// <summary>With the first start's admin key; survives restarts.</summary>
    public BreezeClient Client { get; private set; } = null!;

    /// <param name="folder">For its data and its log.</param>
    /// <param name="arguments">More of its arguments, such as the storage's.</param>
    public static Task<SiloProcess> Start(string folder, params string[] arguments) => Started(new SiloProcess(folder, arguments));

    /// <summary>A silo of another build, such as the published one.</summary>
    /// <inheritdoc cref="Start(string, string[])"/>
    public static Task<SiloProcess> StartAssembly(string assembly, string folder, params string[] arguments) =>
        Started(new SiloProcess(folder, arguments, assembly));

    /// <summary>One of several silos, not started yet.</summary>
    /// <param name="address">Where it serves.</param>
    /// <param name="before">What its command line begins with, such as a network namespace to run in.</param>
    /// <inheritdoc cref="StartAssembly"/>
    public static SiloProcess Of(string folder, Uri? address, string[] before, string? assembly, params string[] arguments) =>
        new(folder, arguments, assembly, address, before);

    private static async Task<SiloProcess> Started(SiloProcess silo)
    {
        await silo.Start();
        silo.Client = BreezeClient.Connect(silo.Address, await silo.AdminKey());
        return silo;
    }

    /// <summary>Of its process.</summary>
    public int Id => _program!.Id;

    /// <summary>Whether its process has ended, or was never started.</summary>
    public bool HasExited => _program?.HasExited ?? true;

    /// <summary>Starts its process and does not wait for it.</summary>
    public void Launch() => _program = BuiltProgram.StartCommand(
        Path.Combine(_folder, "silo.log"),
        [.. _before, "dotnet", _assembly, "--data", Path.Combine(_folder, "silo"), "--urls", Address.GetLeftPart(UriPartial.Authority), .. _arguments]);

    /// <summary>Starts it, and returns once it can do work.</summary>
    public async Task Start()
    {
        Launch();
        await UntilReady();
    }

    /// <summary>Returns once it can do work.</summary>
    public async Task UntilReady()
    {
        using var probe = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        for (var clock = Stopwatch.StartNew(); !await IsReady(probe); await Task.Delay(100))
        {
            if (_program!.HasExited || clock.Elapsed > TimeSpan.FromSeconds(120))
            {
                throw new InvalidOperationException($"The silo {(_program.HasExited ? "ended while it started" : "was not ready after 120 s")}. {await _program.Log()}");
            }
        }
    }

    /// <summary>The first start's admin key, as it stands in its file.</summary>
    public async Task<string> AdminKey() => (await File.ReadAllTextAsync(Path.Combine(_folder, "silo", "admin.key"))).Trim();

    public Task Kill() => _program!.Kill();

    /// <inheritdoc cref="BuiltProgram.Freeze"/>
    public void Freeze() => _program!.Freeze();

    /// <inheritdoc cref="BuiltProgram.Thaw"/>
    public void Thaw() => _program!.Thaw();

    /// <summary>SIGTERM; returns the exit code.</summary>
    public Task<int> Stop()
    {
        _program!.Terminate();
        return _program.Exit(TimeSpan.FromSeconds(35));
    }

    /// <summary>SIGTERM, without waiting for what comes of it.</summary>
    public void Ask()
    {
        if (!HasExited)
        {
            _program!.Terminate();
        }
    }

    /// <summary>True when it says that it can do work.</summary>
    public async Task<bool> IsReady()
    {
        using var probe = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        return await IsReady(probe);
    }

    public Task<string> Log() => _program!.Log();

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }
    }

    private static async Task<bool> IsReady(HttpClient probe)
    {
        try
        {
            using var answer = await probe.GetAsync("health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
