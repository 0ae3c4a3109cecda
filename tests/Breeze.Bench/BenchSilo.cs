using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Breeze.Bench;

/// <summary>The real silo in this process, on one engine, with settings that keep what is committed.</summary>
public sealed class BenchSilo : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _data;

    private BenchSilo(WebApplication app, string data)
    {
        (_app, _data) = (app, data);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(5) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(data, "admin.key")).Trim());
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public IDatabase Database => Services.GetRequiredService<IDatabase>();

    public static async Task<BenchSilo> Start(EngineKind engine)
    {
        var data = Directory.CreateTempSubdirectory("breeze-bench-").FullName;
        var settings = new SiloSettings
        {
            Urls = "http://127.0.0.1:0",
            Data = data,
            Storage = engine == EngineKind.Sqlite ? new StorageSettings() : new StorageSettings
            {
                Engine = engine,
                ConnectionString = await (await PostgresServer.Start(durable: true)).EmptyDatabase(),
            },
            Agents = new Silo.Agents.AgentsSettings { MaxConnections = 2_000_000, MaxPendingConnections = 100_000 },
            Limits = new LimitSettings { RequestsPerMinutePerKey = 1_000_000, RequestsPerMinutePerOrg = 1_000_000 },
            Logging = new() { Level = LogLevel.Warning, FrameworkLevel = LogLevel.Error, Format = LogFormat.Text },
        };
        await DatabaseStart.Prepare(settings);
        var app = Silo.Program.Build(settings);
        await app.StartAsync();
        return new BenchSilo(app, data);
    }

    public async Task<JsonElement> Post(string path, object? body = null)
    {
        using var answer = await Http.PostAsJsonAsync(path, body ?? new { });
        return await Read(answer, path);
    }

    public async Task<JsonElement> Get(string path)
    {
        using var answer = await Http.GetAsync(path);
        return await Read(answer, path);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer, string path)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement.Clone()
            : throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {text}");
    }
}
