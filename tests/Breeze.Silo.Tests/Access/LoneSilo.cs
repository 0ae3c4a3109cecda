using Breeze.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Breeze.Silo.Tests.Access;

/// <summary>A silo of a test's own, on SQLite and the real clock, whose log can be read.</summary>
internal sealed class LoneSilo : IAsyncDisposable, ILoggerProvider, ILogger
{
    private readonly string _data = Directory.CreateTempSubdirectory("breeze-lone-").FullName;
    private readonly List<string> _log = [];
    private WebApplication? _app;

    public Uri Address => new(_app!.Urls.First());

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_log)
            {
                return [.. _log];
            }
        }
    }

    public static async Task<LoneSilo> Start(Func<SiloSettings, SiloSettings>? adjust = null)
    {
        var silo = new LoneSilo();
        await silo.Run(adjust);
        return silo;
    }

    /// <summary>Stops it and starts another on the same data.</summary>
    public async Task Restart()
    {
        await Stop();
        await Run(null);
    }

    public HttpClient Client() => new(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address };

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Directory.Delete(_data, recursive: true);
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_log)
        {
            _log.Add(formatter(state, exception));
        }
    }

    private async Task Run(Func<SiloSettings, SiloSettings>? adjust)
    {
        var settings = new SiloSettings
        {
            Urls = "http://127.0.0.1:0",
            Data = _data,
            Logging = new() { Level = LogLevel.Information, FrameworkLevel = LogLevel.Error, Format = LogFormat.Text },
        };
        settings = adjust?.Invoke(settings) ?? settings;
        await DatabaseStart.Prepare(settings);
        _app = Program.Build(settings, builder => builder.Logging.ClearProviders().Services.AddSingleton<ILoggerProvider>(this));
        await _app.StartAsync();
    }

    private async Task Stop()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
    }
}
