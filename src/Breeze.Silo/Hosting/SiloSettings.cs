using System.ComponentModel.DataAnnotations;
using Breeze.Silo.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>All that can be set from outside: <c>silo.json</c>, then <c>BREEZE__…</c>, then arguments. Each key is told in docs/configuration.md.</summary>
/// <remarks>A feature that wants a setting adds it to a section here; the name in the file is the property's, in camel case.</remarks>
public sealed record SiloSettings
{
    /// <summary>Where the API listens: one or more URLs, separated by semicolons.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:5080";

    /// <summary>The directory of the embedded database and the keys; made with mode 0700 when it is not there.</summary>
    public string Data { get; init; } = "./data";

    public StorageSettings Storage { get; init; } = new();

    public HttpSettings Http { get; init; } = new();

    public ClusterSettings Cluster { get; init; } = new();

    public LimitSettings Limits { get; init; } = new();

    public OidcSettings Oidc { get; init; } = new();

    public ConsoleSettings Console { get; init; } = new();

    public AgentsSettings Agents { get; init; } = new();

    public RetentionSettings Retention { get; init; } = new();

    public LoggingSettings Logging { get; init; } = new();

    public TelemetrySettings Telemetry { get; init; } = new();

    /// <summary>The embedded database's file, and Orleans' beside it.</summary>
    public string ProductFile => Path.Combine(Data, "breeze.db");

    public string OrleansFile => Path.Combine(Data, "orleans.db");

    /// <summary>The first thing that does not fit together, as a sentence that names its key; null when all does.</summary>
    public string? Contradiction()
    {
        if (Storage.Engine == EngineKind.Postgres && string.IsNullOrWhiteSpace(Storage.ConnectionString))
        {
            return "storage.connectionString must be set when storage.engine is postgres.";
        }

        return ListenAddresses.Contradiction(this) ?? Cluster.Contradiction() ?? Oidc.Contradiction() ?? Telemetry.Contradiction();
    }
}

public sealed record StorageSettings
{
    /// <summary><c>sqlite</c>: one silo, files under <c>data</c>; <c>postgres</c>: any number of silos.</summary>
    public EngineKind Engine { get; init; } = EngineKind.Sqlite;

    /// <summary>Npgsql's connection string; for postgres alone. Secret: set it from the environment.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Connections for the product's tables: the pool on postgres, the readers on sqlite.</summary>
    [Range(1, 1000)]
    public int MaxConnections { get; init; } = 40;

    /// <summary>Connections for Orleans' tables on postgres; four more are for the table of silos.</summary>
    [Range(2, 1000)]
    public int OrleansConnections { get; init; } = 20;

    /// <summary>Start on a PostgreSQL whose settings lose acknowledged commits in a crash.</summary>
    public bool AllowUnsafeDurability { get; init; }

    /// <summary>How long a start waits for PostgreSQL, in seconds.</summary>
    [Range(0, 86_400)]
    public int StartupWaitSeconds { get; init; } = 120;
}

public sealed record HttpSettings
{
    /// <summary>Serve plain HTTP beyond this machine: for a TLS proxy in front, and nothing else.</summary>
    public bool AllowPlainHttp { get; init; }

    /// <summary>A PEM or PKCS #12 file with the certificate of https URLs.</summary>
    public string? Certificate { get; init; }

    /// <summary>The PEM file with the certificate's key; null when it is in the same file.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>The password of the PKCS #12 file or of the PEM key. Secret: set it from the environment.</summary>
    public string? CertificatePassword { get; init; }
}

public sealed record ClusterSettings
{
    /// <summary>Tells installations apart that share a database server's name; the same on all silos of one.</summary>
    public string ClusterId { get; init; } = "breeze";

    /// <summary>The IP address or host name at which other silos reach this one. Whoever reaches its port is trusted.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The IP address on which it listens for them; null for the one at which it is reached.</summary>
    public string? ListenAddress { get; init; }

    /// <summary>The port for other silos; 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int SiloPort { get; init; }

    /// <summary>How long a silo on postgres that is asked to stop still listens, no more ready, in seconds.</summary>
    [Range(0, 15)]
    public int DrainSeconds { get; init; } = 5;

    /// <summary>How long a call between grains may take before it counts as unknown, in seconds.</summary>
    [Range(1, 600)]
    public int ResponseTimeoutSeconds { get; init; } = 10;

    /// <summary>How long an idle grain stays in memory, in minutes.</summary>
    [Range(2, 1440)]
    public int IdleMinutes { get; init; } = 10;

    internal string? Contradiction() => ClusterAddress.Contradiction(this);
}

public enum LogFormat
{
    Json,
    Text,
}

public sealed record LoggingSettings
{
    /// <summary>The least severe line of Breeze that is written: trace, debug, information, warning, error, critical, none.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The same for the frameworks underneath.</summary>
    public LogLevel FrameworkLevel { get; init; } = LogLevel.Warning;

    /// <summary><c>json</c>: an object a line; <c>text</c>: for reading at a terminal.</summary>
    public LogFormat Format { get; init; } = LogFormat.Json;
}

public sealed record TelemetrySettings
{
    /// <summary>Where traces and metrics are sent (OTLP over gRPC); null for nowhere.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>How many of a hundred requests are traced.</summary>
    [Range(0, 100)]
    public int TracePercent { get; init; } = 10;

    /// <summary>Orleans' dashboard at <c>/dashboard</c>, for system admins. It counts every active grain one by one, again and again.</summary>
    public bool Dashboard { get; init; }

    internal string? Contradiction() => OtlpEndpoint is null || Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out _)
        ? null
        : $"telemetry.otlpEndpoint must be a URL, not '{OtlpEndpoint}'.";
}
