using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet;

/// <summary>A fleet to simulate.</summary>
public sealed record FleetOptions
{
    /// <summary>The server's root address.</summary>
    public required Uri Server { get; init; }

    /// <summary>How many devices; 10,000 in one process work on two cores.</summary>
    public required int Devices { get; init; }

    /// <summary>Enrols the devices that have no credential yet; null when all have one.</summary>
    public string? EnrollmentKey { get; init; }

    /// <summary>Where credentials are kept from one run to the next (a secret); null: in memory only.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>Where every execution is written before it counts; a fleet started again with it repeats none. Null: in memory only.</summary>
    public string? JournalFile { get; init; }

    public FleetBehaviour Behaviour { get; init; } = new();

    /// <summary>Device n is called PREFIX-0000n.</summary>
    public string HostnamePrefix { get; init; } = "sim";

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>False leaves signatures and expiry unlooked at, where a load test shares its cores with the server.</summary>
    public bool VerifySignatures { get; init; } = true;

    /// <summary>Enrolments under way at once.</summary>
    public int EnrollAtOnce { get; init; } = 16;

    /// <summary>Connections that open at once.</summary>
    public int ConnectAtOnce { get; init; } = 64;
}
