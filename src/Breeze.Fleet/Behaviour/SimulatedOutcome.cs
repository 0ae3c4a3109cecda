namespace Breeze.Fleet.Behaviour;

/// <summary>How a simulated device ends a command.</summary>
public enum OutcomeKind
{
    /// <summary>Runs, exit code 0.</summary>
    Completed,

    /// <summary>Runs, exit code 1.</summary>
    Failed,

    /// <summary>Refuses to run it.</summary>
    Rejected,

    /// <summary>Starts and reports that it does not know how it ended.</summary>
    Interrupted,

    /// <summary>Runs and never says so.</summary>
    Silent,
}

/// <summary>What a device does with one attempt.</summary>
/// <param name="Kind">How it ends.</param>
/// <param name="Duration">From start to end.</param>
/// <param name="Repeats">How often the result is reported again after the server took it.</param>
/// <param name="LateBy">How long the result is held back; zero for not at all.</param>
/// <param name="Lies">Reports, before it runs, results that it has no right to: another attempt's, an unknown command's.</param>
public sealed record SimulatedOutcome(OutcomeKind Kind, TimeSpan Duration, int Repeats, TimeSpan LateBy, bool Lies);
