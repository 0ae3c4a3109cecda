using System.Net;
using System.Net.Sockets;
using Breeze.Cli.Session;
using Breeze.Client;

namespace Breeze.Cli.Demo;

/// <summary>A server process of the demo's own, on a free port, with its data in the demo's directory.</summary>
public sealed class DemoSilo : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(90);

    private DemoSilo(ChildProcess process, Uri address, string keyFile) => (Process, Address, KeyFile) = (process, address, keyFile);

    public ChildProcess Process { get; }

    public Uri Address { get; }

    /// <summary>The admin key that the server made at its first start; only its owner can read it.</summary>
    public string KeyFile { get; }

    /// <exception cref="DemoException">It did not become ready.</exception>
    public static async Task<DemoSilo> Start(SourceTree sources, string directory, TimeProvider time, CancellationToken cancel)
    {
        var data = Path.Combine(directory, "silo");
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var process = ChildProcess.Start(
            "The server",
            sources.Assembly("Breeze.Silo"),
            ["--data", data, "--urls", address.GetLeftPart(UriPartial.Authority)],
            directory,
            Path.Combine(directory, "silo.log"));
        var silo = new DemoSilo(process, address, Path.Combine(data, "admin.key"));
        try
        {
            await silo.Ready(time, cancel);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public async Task<BreezeClient> Connect(Func<Login, BreezeClient> connect, CancellationToken cancel) =>
        connect(Login.Parse(Address.ToString(), (await File.ReadAllTextAsync(KeyFile, cancel)).Trim()));

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private async Task Ready(TimeProvider time, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(StartTime);
        using var probe = new BreezeClient(new HttpClient { BaseAddress = Address });
        var died = Process.Watch(patience.Token);
        try
        {
            while (!await probe.IsReady(patience.Token))
            {
                await Task.WhenAny(died, Task.Delay(TimeSpan.FromMilliseconds(200), time, patience.Token));
                if (died.IsFaulted)
                {
                    await died;
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new DemoException($"The server was not ready within {StartTime.TotalSeconds:0} s.");
        }
    }

    /// <summary>A port nobody listens on now; another process may take it before the server does, which then says so.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
