using System.Data.Common;
using System.Net;
using Breeze.Silo.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>Orleans inside this process: who belongs to the cluster, and where grain state and reminders are kept.</summary>
public static class OrleansSetup
{
    /// <summary>The provider of <c>[PersistentState("name", OrleansSetup.Storage)]</c>; the default one is the same.</summary>
    public const string Storage = "breeze";

    /// <summary>Part of every stored key: it can never change.</summary>
    private const string ServiceId = "breeze";

    // The provider knows SQLite only by this name; the factory behind it is Microsoft's.
    private const string SqliteInvariant = "System.Data.SQLite";
    private const string PostgresInvariant = "Npgsql";

    static OrleansSetup()
    {
        DbProviderFactories.RegisterFactory(SqliteInvariant, SqliteFactory.Instance);
        DbProviderFactories.RegisterFactory(PostgresInvariant, NpgsqlFactory.Instance);
    }

    public static void AddOrleansSilo(this WebApplicationBuilder builder, SiloSettings settings) => builder.UseOrleans(silo =>
    {
        Join(silo, settings);
        Keep(silo, settings);
        silo.AddActivityPropagation();
        silo.AddGrainDirectory(NoGrainDirectory.Name, (_, _) => new NoGrainDirectory());
        silo.AddIncomingGrainCallFilter<StorageErrorFilter>();
        // What fails while a grain activates, or in Orleans' own tables, passes by the filter; without this the caller reads of a codec that is missing.
        silo.Services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add("Npgsql"));
        silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(settings.Cluster.ResponseTimeoutSeconds));
        silo.Configure<GrainCollectionOptions>(o => o.CollectionAge = TimeSpan.FromMinutes(settings.Cluster.IdleMinutes));
    });

    /// <summary>How soon silos take another for dead: a killed one after 3 s and a hung one after 13 s, instead of 6 s and 63 s.</summary>
    public static void DetectFailures(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(2);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(4);
        // A silo that stood still and was declared dead reads so here, and ends: for a minute it would let agents in whose calls all fail.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        // Who starts waits for every silo that the table calls alive, a crashed one too until its last sign is this old: 15 s, not 90 s.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.NumMissedTableIAmAliveLimit = 3;
    }

    private static void Join(ISiloBuilder silo, SiloSettings settings)
    {
        var cluster = settings.Cluster;
        var listening = ClusterAddress.Listening(cluster);
        var port = cluster.SiloPort == 0 ? SiloPort.OfItsOwn(settings.Data, listening) : cluster.SiloPort;
        if (settings.Storage.Engine == EngineKind.Sqlite)
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0, serviceId: ServiceId, clusterId: cluster.ClusterId);
        }
        else
        {
            silo.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = (ServiceId, cluster.ClusterId));
            silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = (PostgresInvariant, Pool(settings, "membership", 4)));
        }

        // No gateway: nobody but this process calls grains, and a port that trusts whoever reaches it is best not opened.
        silo.Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = IPAddress.Parse(cluster.Address);
            (o.SiloPort, o.GatewayPort) = (port, 0);
            o.SiloListeningEndpoint = new IPEndPoint(listening, port);
        });
        silo.Services.AddHostedService<ClusterPort>();

        silo.Configure<ClusterMembershipOptions>(DetectFailures);
        silo.Services.AddSingleton<SiloDeaths>();
    }

    private static void Keep(ISiloBuilder silo, SiloSettings settings)
    {
        var (invariant, connection) = settings.Storage.Engine == EngineKind.Sqlite
            ? (SqliteInvariant, $"Data Source={settings.OrleansFile};Default Timeout=30")
            : (PostgresInvariant, Pool(settings, "orleans", settings.Storage.OrleansConnections));
        foreach (var name in new[] { Storage, "Default" })
        {
            silo.AddAdoNetGrainStorage(name, builder => builder.Configure<Serializer>((o, serializer) =>
            {
                (o.Invariant, o.ConnectionString) = (invariant, connection);
                o.DeleteStateOnClear = true;
                o.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            }));
        }

        silo.UseAdoNetReminderService(o => (o.Invariant, o.ConnectionString) = (invariant, connection));
    }

    // A pool of their own each: a burst of the product's statements must not keep a silo from saying that it lives.
    private static string Pool(SiloSettings settings, string name, int size)
    {
        var pool = new NpgsqlConnectionStringBuilder(settings.Storage.ConnectionString) { ApplicationName = "breeze " + name, MaxPoolSize = size };
        pool.Options = $"{pool.Options} {PostgresDatabase.LookForClients}".Trim();
        return pool.ToString();
    }
}
