using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>The parts of a silo that belong to no feature.</summary>
public static class SiloBuilder
{
    /// <summary>A builder that takes its settings from <paramref name="settings"/> alone: no appsettings, no ASPNETCORE variables.</summary>
    public static WebApplicationBuilder Create(SiloSettings settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = "Breeze.Silo",
            EnvironmentName = Environments.Production,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.AddLog(settings.Logging);
        builder.Services.AddHostedService<Departure>();
        builder.AddStorage(settings);
        builder.UseConsoleFiles();
        builder.Listen(settings);
        return builder;
    }

    private static void Listen(this WebApplicationBuilder builder, SiloSettings settings)
    {
        builder.WebHost.UseUrls(ListenAddresses.Urls(settings));
        if (ListenAddresses.Certificate(settings.Http) is { } certificate)
        {
            builder.WebHost.ConfigureKestrel(k => k.ConfigureHttpsDefaults(h => h.ServerCertificate = certificate));
        }
    }

    private static void AddStorage(this WebApplicationBuilder builder, SiloSettings settings)
    {
        builder.Services.AddSingleton(_ => DatabaseStart.Open(settings));
        // Before Orleans: open before the first grain call, which would block the pool while it opens.
        builder.Services.AddHostedService<OpenDatabase>();
    }

    private static void AddLog(this WebApplicationBuilder builder, LoggingSettings settings)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(settings.FrameworkLevel).AddFilter("Breeze", settings.Level)
            // Every single try of Orleans' to place a call: thousands of lines a second while a silo is away. Orleans says what came of them.
            .AddFilter("Polly", LogLevel.None);
        if (settings.Format == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "O"));
        }
        else
        {
            builder.Logging.AddSimpleConsole(o => (o.SingleLine, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "HH:mm:ss.fff "));
        }
    }

    private sealed class OpenDatabase(IDatabase database) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => database.Read(_ => Task.FromResult(0), cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
