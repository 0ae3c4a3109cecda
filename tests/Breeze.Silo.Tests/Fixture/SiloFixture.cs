using System.Net.Http.Headers;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Reminders;
using Orleans.TestingHost;
using Xunit;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>The real silo in this process: Kestrel on a free port, Orleans, the real database; only its clock is the tests'.</summary>
/// <remarks>Tests of a collection share it: use fresh ids, never counts of everything, and move the clock only forward.</remarks>
public abstract class SiloFixture : IAsyncLifetime
{
    public const string Sqlite = "Sqlite";
    public const string Postgres = "Postgres";

    private readonly string _data = Directory.CreateTempSubdirectory("breeze-silo-").FullName;
    private SiloSettings? _settings;
    private WebApplication? _app;
    private HttpClient? _admin;

    public abstract EngineKind Engine { get; }

    public SiloClock Clock { get; } = new();

    public IServiceProvider Services => App.Services;

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public IDatabase Database => Services.GetRequiredService<IDatabase>();

    public Uri Address => new(App.Urls.First());

    public SiloSettings Settings => _settings ?? throw new InvalidOperationException("The silo was not started.");

    /// <summary>The first start's system admin key, as the silo wrote it to its file.</summary>
    public string AdminKey => File.ReadAllText(Path.Combine(Settings.Data, "admin.key")).Trim();

    /// <summary>A client that sends the admin key.</summary>
    public HttpClient Admin => _admin ??= Client(AdminKey);

    private WebApplication App => _app ?? throw new InvalidOperationException("The silo was not started.");

    /// <summary>A client that sends this key, or none.</summary>
    public HttpClient Client(string? key = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Stops the silo and starts another on the same data; clients made before are of no more use.</summary>
    public async Task Restart()
    {
        await Stop();
        await Start();
    }

    /// <summary>Stops the silo, lets this much time pass while nothing runs, and starts another on the same data.</summary>
    public async Task RestartAfter(TimeSpan gone)
    {
        await Stop();
        Clock.Provider.Advance(gone);
        await Start();
    }

    public async Task InitializeAsync()
    {
        if (Engine == EngineKind.Postgres && PostgresServer.Missing is not null)
        {
            // The tests are skipped; xunit makes the fixture all the same.
            return;
        }

        _settings = Adjust(new SiloSettings
        {
            Urls = "http://127.0.0.1:0",
            Data = _data,
            Storage = await Storage(),
            Cluster = new() { DrainSeconds = 0 },
            Telemetry = new() { Dashboard = true },
            Logging = new() { Level = LogLevel.Warning, FrameworkLevel = LogLevel.Error, Format = LogFormat.Text },
        });
        await Start();
    }

    public async Task DisposeAsync()
    {
        await Stop();
        Directory.Delete(_data, recursive: true);
    }

    protected abstract Task<StorageSettings> Storage();

    /// <summary>For a silo of a test's own, with other settings.</summary>
    protected virtual SiloSettings Adjust(SiloSettings settings) => settings;

    /// <summary>The same for its services.</summary>
    protected virtual void Adjust(WebApplicationBuilder builder)
    {
    }

    private async Task Start()
    {
        await DatabaseStart.Prepare(Settings);
        _app = Program.Build(Settings, builder =>
        {
            UseClock(builder);
            // Many silos and tests share this process and its machine: that they are slow together is no overload of this one.
            builder.Services.Remove(builder.Services.Single(s => s.ImplementationType == typeof(LoadWatch)));
            Adjust(builder);
        });
        await _app.StartAsync();
    }

    private async Task Stop()
    {
        _admin?.Dispose();
        _admin = null;
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    /// <summary>Gives a silo the tests' clock.</summary>
    internal void UseClock(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(Clock.Provider);
        // The clock is moved in steps longer than a lease; a renewal cannot keep up with that.
        builder.Services.AddSingleton(new LeaseTimes(TimeSpan.FromSeconds(3), TimeSpan.FromDays(3650), TimeSpan.FromDays(3650)));
        // A lease that some test made up stands for ever, and its silo, with no agents, would be handed those of other tests.
        builder.Services.Remove(builder.Services.Single(s => s.ImplementationType == typeof(SocketBalancer)));
        // Orleans' own loops stay on real time, or a jump of the clock would spin them; reminders follow the tests.
        builder.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
        builder.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, Clock.Provider);
        builder.Services.Configure<ReminderOptions>(o => o.RefreshReminderListPeriod = TimeSpan.FromSeconds(1));
    }
}

public class SqliteSilo : SiloFixture
{
    public override EngineKind Engine => EngineKind.Sqlite;

    protected override Task<StorageSettings> Storage() => Task.FromResult(new StorageSettings());
}

public class PostgresSilo : SiloFixture
{
    public override EngineKind Engine => EngineKind.Postgres;

    protected override async Task<StorageSettings> Storage() => new()
    {
        Engine = EngineKind.Postgres,
        ConnectionString = await (await PostgresServer.Get()).NewDatabase(connection => Migrations.Postgres(connection)),
        AllowUnsafeDurability = true,
    };
}

[CollectionDefinition(SiloFixture.Sqlite)]
public sealed class SqliteCollection : ICollectionFixture<SqliteSilo>;

[CollectionDefinition(SiloFixture.Postgres)]
public sealed class PostgresCollection : ICollectionFixture<PostgresSilo>;
