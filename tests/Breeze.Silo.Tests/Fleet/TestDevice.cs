namespace Breeze.Silo.Tests.Fleet;

public enum TestPresence
{
    Never,
    Online,
    Disconnected,

    /// <summary>Its silo died without anybody writing anything into its row.</summary>
    SiloDied,
}

/// <summary>A device as the database holds it, plain enough to judge filters by.</summary>
public sealed record TestDevice
{
    public static DateTimeOffset DeadSiloEnded { get; } = new(2026, 2, 20, 0, 0, 0, TimeSpan.Zero);

    public Guid Id { get; init; } = Guid.CreateVersion7();
    public string Hostname { get; init; } = "host";
    public string? DisplayName { get; init; }
    public string OsType { get; init; } = "linux";
    public string OsVersion { get; init; } = "Debian 12";
    public string Architecture { get; init; } = "x64";
    public string AgentVersion { get; init; } = "1.0";
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();
    public Guid? Site { get; init; }
    public IReadOnlyList<Guid> Groups { get; init; } = [];
    public TestPresence Presence { get; init; }
    public DateTimeOffset? WentAt { get; init; }
    public DateTimeOffset EnrolledAt { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public bool Decommissioned { get; init; }

    public string? SiloId => Presence switch
    {
        TestPresence.Never => null,
        TestPresence.SiloDied => "test-dead",
        _ => "test-alive",
    };

    public DateTimeOffset? DisconnectedAt => Presence == TestPresence.Disconnected ? WentAt : null;

    public DateTimeOffset? LastSeenAt(DateTimeOffset now) => Presence switch
    {
        TestPresence.Online => now,
        TestPresence.Disconnected => WentAt,
        TestPresence.SiloDied => DeadSiloEnded,
        _ => null,
    };

    public string Status => Decommissioned ? "decommissioned" : Presence == TestPresence.Online ? "online" : "offline";
}
