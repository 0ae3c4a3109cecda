using System.Text.RegularExpressions;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>HAProxy before the silos, as deploy/haproxy.cfg has it, at other addresses.</summary>
public sealed partial class LoadBalancer : IAsyncDisposable
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
        await File.WriteAllTextAsync(file, await Configuration(port, silos));
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

            if (attempt == 300 || program.HasExited)
            {
                throw new InvalidOperationException($"The load balancer lets nobody through. {await program.Log()}");
            }

            await Task.Delay(100);
        }
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static async Task<string> Configuration(int port, IEnumerable<Uri> silos)
    {
        var template = await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Root(), "deploy", "haproxy.cfg"));
        var servers = string.Join('\n', silos.Select((silo, n) => $"    server silo{n + 1} {silo.Authority}"));
        return Servers().Replace(Bind().Replace(template, $"    bind 127.0.0.1:{port}"), servers + "\n", 1);
    }

    [GeneratedRegex("^    bind .*$", RegexOptions.Multiline)]
    private static partial Regex Bind();

    [GeneratedRegex("(^    server .*\n)+", RegexOptions.Multiline)]
    private static partial Regex Servers();
}
