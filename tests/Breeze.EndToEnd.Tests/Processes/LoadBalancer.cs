namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>HAProxy before the silos: any of them for any request, no stickiness, none that says it is not ready.</summary>
public sealed class LoadBalancer : IAsyncDisposable
{
    private static readonly string? Binary = Array.Find(["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/usr/bin/haproxy"], File.Exists);

    private readonly BuiltProgram _program;

    private LoadBalancer(BuiltProgram program, Uri address)
    {
        _program = program;
        Address = address;
    }

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } = Binary is null ? "haproxy is not installed" : null;

    public Uri Address { get; }

    public static async Task<LoadBalancer> Start(string folder, IEnumerable<Uri> silos)
    {
        var port = SiloProcess.FreePort();
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, Configuration(port, silos));
        var program = BuiltProgram.StartCommand(Path.Combine(folder, "haproxy.log"), Binary!, "-db", "-f", file);
        var balancer = new LoadBalancer(program, new Uri($"http://127.0.0.1:{port}/"));
        using var probe = new HttpClient { BaseAddress = balancer.Address };
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await probe.GetAsync("health/live");
                if (answer.IsSuccessStatusCode)
                {
                    return balancer;
                }
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }

            Assert.True(attempt < 300 && !program.HasExited, $"The load balancer lets nobody through. {await program.Log()}");
            await Task.Delay(100);
        }
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    // A request is repeated elsewhere only when its connection could not be made: never one that a silo may have begun.
    private static string Configuration(int port, IEnumerable<Uri> silos) =>
        $"""
        global
            maxconn 9000
        defaults
            mode http
            timeout connect 2s
            timeout client 140s
            timeout server 140s
            timeout tunnel 1h
            timeout check 4s
            retries 2
            option redispatch
        frontend front
            bind 127.0.0.1:{port}
            default_backend silos
        backend silos
            balance leastconn
            option httpchk GET /health/ready
            default-server check inter 2s fall 3 rise 1 on-marked-down shutdown-sessions
        {string.Join('\n', silos.Select((silo, n) => $"    server silo{n + 1} {silo.Authority}"))}

        """;
}
