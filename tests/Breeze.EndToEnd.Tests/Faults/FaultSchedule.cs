using System.Globalization;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>What can go wrong.</summary>
public enum FaultKind
{
    /// <summary>kill -9; its supervisor starts it again.</summary>
    KillSilo = 1,

    /// <summary>SIGSTOP for longer than the failure detector waits, then SIGCONT: a zombie that believes it is alive.</summary>
    FreezeSilo,

    /// <summary>SIGTERM, as an upgrade does it.</summary>
    StopSilo,

    /// <summary><c>pg_ctl -m immediate</c>, and at once up again.</summary>
    RestartDatabase,

    /// <summary>The same, but up again only after a while; sometimes a whole minute.</summary>
    DatabaseAway,

    /// <summary>Two silos do not reach each other; both reach the third.</summary>
    CutTwoSilos,

    /// <summary>One silo reaches no other, but the database and its agents.</summary>
    IsolateSilo,

    /// <summary>One silo does not reach the database.</summary>
    CutFromDatabase,

    /// <summary>kill -9 of half of the agents, in the middle of what they run.</summary>
    KillAgents,

    /// <summary>Not a byte is left under the database.</summary>
    FullDisk,
}

/// <summary>One fault.</summary>
/// <param name="At">From the beginning of the schedule.</param>
/// <param name="For">How long it lasts; for a killed silo: until it is started again.</param>
/// <param name="Silo">From 1.</param>
/// <param name="Other">Another silo, from 1.</param>
public sealed record Fault(FaultKind Kind, TimeSpan At, TimeSpan For, int Silo, int Other)
{
    public override string ToString()
    {
        var who = Kind switch
        {
            FaultKind.RestartDatabase or FaultKind.DatabaseAway or FaultKind.KillAgents or FaultKind.FullDisk => "",
            FaultKind.CutTwoSilos => $" {Silo}-{Other}",
            _ => $" {Silo}",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Kind}{who} at {At.TotalSeconds:0.0} s for {For.TotalSeconds:0.0} s");
    }
}

/// <summary>What kind of devices take part.</summary>
public enum FleetMood
{
    /// <summary>A few failures, no retries: over as soon as the faults are.</summary>
    Brisk,

    /// <summary>More failures, each tried again after a minute.</summary>
    Retrying,

    /// <summary>Some results come after their attempt has timed out.</summary>
    Late,
}

/// <summary>Faults and devices of one run; all of it follows from the seed.</summary>
public sealed record FaultSchedule(int Seed, FleetMood Mood, IReadOnlyList<Fault> Faults)
{
    private const double LastBeginsAt = 16;

    /// <param name="silos">How many there are.</param>
    /// <param name="canCut">Whether the ways between the processes can be cut here.</param>
    public static FaultSchedule Of(int seed, int silos, bool canCut)
    {
        var random = new Random(seed);
        var mood = random.Next(10) switch { 0 => FleetMood.Retrying, 1 => FleetMood.Late, _ => FleetMood.Brisk };
        var kinds = Enum.GetValues<FaultKind>().ToList();
        var faults = new List<Fault>();
        for (var left = random.Next(2, 5); left > 0; left--)
        {
            var kind = kinds[random.Next(kinds.Count)];
            var at = TimeSpan.FromSeconds(1 + (random.NextDouble() * (LastBeginsAt - 1)));
            var silo = random.Next(silos);
            var other = (silo + 1 + random.Next(silos - 1)) % silos;
            var length = Length(kind, random);
            var isCut = kind is FaultKind.CutTwoSilos or FaultKind.IsolateSilo or FaultKind.CutFromDatabase;
            faults.Add(new(isCut && !canCut ? FaultKind.FreezeSilo : kind, at, length, silo + 1, other + 1));
        }

        return new(seed, mood, [.. faults.OrderBy(fault => fault.At)]);
    }

    public override string ToString() => $"seed {Seed}, {Mood}: {string.Join("; ", Faults)}";

    private static TimeSpan Length(FaultKind kind, Random random)
    {
        var share = random.NextDouble();
        var (shortest, longest) = kind switch
        {
            FaultKind.KillSilo => (0.5, 4.0),
            FaultKind.FreezeSilo => (14.0, 22.0),
            FaultKind.DatabaseAway => random.Next(8) == 0 ? (60.0, 60.0) : (3.0, 14.0),
            FaultKind.CutTwoSilos or FaultKind.IsolateSilo => (5.0, 22.0),
            FaultKind.CutFromDatabase => (4.0, 18.0),
            FaultKind.FullDisk => (3.0, 8.0),
            FaultKind.KillAgents => (0.5, 3.0),
            _ => (0.0, 0.0),
        };
        return TimeSpan.FromSeconds(shortest + (share * (longest - shortest)));
    }
}
