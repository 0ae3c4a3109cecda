using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Tests.Software;

/// <summary>A web server on this machine that gives out installers.</summary>
public sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, byte[]> _files = [];

    private FileServer(WebApplication app) => _app = app;

    /// <summary>How many requests there were.</summary>
    public int Requests { get; private set; }

    /// <summary>How many bytes of the endless file were sent.</summary>
    public long Sent { get; private set; }

    public static async Task<FileServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new FileServer(builder.Build());
        server._app.MapGet("/{name}", server.Answer);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Gives out a file; answers its address, size and hash.</summary>
    public (string Url, long Size, string Sha256) Add(string name, byte[] content)
    {
        _files[name] = content;
        return (Url(name), content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    public string Url(string name) => $"{_app.Urls.First()}/{name}";

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task Answer(HttpContext http, string name)
    {
        Requests++;
        if (name == "endless.sh")
        {
            // No length told: only the agent's own limit ends it.
            while (!http.RequestAborted.IsCancellationRequested && Sent < 200_000_000)
            {
                await http.Response.Body.WriteAsync(new byte[64 * 1024], http.RequestAborted);
                Sent += 64 * 1024;
                // What is written to a closed connection counts for nothing: leave it the time to be noticed.
                await Task.Delay(2);
            }

            return;
        }

        if (!_files.TryGetValue(name, out var content))
        {
            http.Response.StatusCode = 404;
            return;
        }

        http.Response.ContentLength = content.Length;
        await http.Response.Body.WriteAsync(content);
    }
}
