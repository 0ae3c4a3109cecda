using System.ComponentModel.DataAnnotations;

namespace Breeze.Silo.Agents;

/// <summary>The section <c>agents</c> of <c>silo.json</c>.</summary>
public sealed record AgentsSettings
{
    /// <summary>Sockets one silo holds; beyond, a device is told to come back later.</summary>
    [Range(1, 10_000_000)]
    public int MaxConnections { get; init; } = 15_000;

    /// <summary>Sockets that may be between connecting and Hello at one time.</summary>
    [Range(1, 1_000_000)]
    public int MaxPendingConnections { get; init; } = 500;

    /// <summary>Failed enrolments from one address in a minute; beyond, the address is refused until the minute is over.</summary>
    [Range(1, 1_000_000)]
    public int FailedEnrollmentsPerMinute { get; init; } = 30;

    /// <summary>The file with the keys that sign commands; silos of one cluster share it. None: <c>command-keys.json</c> in the data directory.</summary>
    public string? CommandKeyFile { get; init; }

    /// <summary>The id of the newest registered command key, when its file is lost for good: the start then takes the keys of this silo's file.</summary>
    public string? LostCommandKey { get; init; }
}

/// <summary>How long a silo's word stands that it holds its devices' sockets.</summary>
/// <param name="RenewEvery">From one renewal to the next.</param>
/// <param name="Validity">How long a renewal holds for others.</param>
/// <param name="GiveUpAfter">Without a renewal for this long (monotonic) the silo stops sending and closes its sockets; below <paramref name="Validity"/>.</param>
public sealed record LeaseTimes(TimeSpan RenewEvery, TimeSpan Validity, TimeSpan GiveUpAfter)
{
    public static LeaseTimes Default { get; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(10));
}
