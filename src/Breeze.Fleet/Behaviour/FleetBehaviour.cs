namespace Breeze.Fleet.Behaviour;

/// <summary>How the devices of a fleet behave; every answer is a function of seed, device and attempt alone.</summary>
/// <remarks>Shares are from 0 to 1 and independent of each other, but for the outcome's, which are taken from one draw.</remarks>
public sealed record FleetBehaviour
{
    public int Seed { get; init; } = 1;

    /// <summary>Share of attempts that complete; what is neither this nor one of the next three fails.</summary>
    public double SuccessRate { get; init; } = 1;

    public double RejectShare { get; init; }

    public double InterruptShare { get; init; }

    public double SilentShare { get; init; }

    /// <summary>The shortest run.</summary>
    public TimeSpan ShortestRun { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest run; between them durations are spread evenly by their logarithm: many short ones, a few long ones.</summary>
    public TimeSpan LongestRun { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Share of devices that enrol and never connect.</summary>
    public double OfflineShare { get; init; }

    /// <summary>Share of devices whose connections end by themselves.</summary>
    public double FlapShare { get; init; }

    /// <summary>The mean life of a flapping device's connection.</summary>
    public TimeSpan FlapEvery { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a flapping device stays away.</summary>
    public TimeSpan FlapFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Share of results that are reported once or twice more.</summary>
    public double DuplicateShare { get; init; }

    /// <summary>Share of results that are held back for <see cref="LateBy"/>.</summary>
    public double LateShare { get; init; }

    public TimeSpan LateBy { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Share of attempts about which the device lies before it tells the truth.</summary>
    public double LieShare { get; init; }

    /// <summary>Devices (by index) whose outcomes are written down, attempt by attempt; the last one holds for all further ones.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<OutcomeKind>> Scripted { get; init; } = new Dictionary<int, IReadOnlyList<OutcomeKind>>();

    /// <summary>What patches they have, and what becomes of them.</summary>
    public PatchBehaviour Patches { get; init; } = new();

    public bool IsOffline(int device) => Draw(device, 0, Question.Offline) < OfflineShare;

    /// <summary>What a device does with an attempt (from 1).</summary>
    public SimulatedOutcome Decide(int device, int attempt) => new(
        KindOf(device, attempt),
        DurationOf(device, attempt),
        Draw(device, attempt, Question.Duplicate) is var repeat && repeat < DuplicateShare ? (repeat < DuplicateShare / 2 ? 2 : 1) : 0,
        Draw(device, attempt, Question.Late) < LateShare ? LateBy : TimeSpan.Zero,
        Draw(device, attempt, Question.Lie) < LieShare);

    /// <summary>How long a device's nth connection (from 0) lives; null for as long as the server lets it.</summary>
    public TimeSpan? ConnectionLife(int device, int connection) =>
        Draw(device, 0, Question.Flaps) < FlapShare
            ? FlapEvery * (0.5 + Draw(device, connection, Question.ConnectionLife))
            : null;

    private OutcomeKind KindOf(int device, int attempt)
    {
        if (Scripted.TryGetValue(device, out var script) && script.Count > 0)
        {
            return script[Math.Min(Math.Max(attempt, 1), script.Count) - 1];
        }

        var draw = Draw(device, attempt, Question.Outcome);
        return draw < SuccessRate ? OutcomeKind.Completed
            : draw < SuccessRate + RejectShare ? OutcomeKind.Rejected
            : draw < SuccessRate + RejectShare + InterruptShare ? OutcomeKind.Interrupted
            : draw < SuccessRate + RejectShare + InterruptShare + SilentShare ? OutcomeKind.Silent
            : OutcomeKind.Failed;
    }

    private TimeSpan DurationOf(int device, int attempt)
    {
        var shortest = Math.Max(ShortestRun.TotalMilliseconds, 1);
        var longest = Math.Max(LongestRun.TotalMilliseconds, shortest);
        var run = shortest * Math.Pow(longest / shortest, Draw(device, attempt, Question.Duration));
        return LongestRun == TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(run);
    }

    private double Draw(int device, int attempt, Question question) => Chance.Of(Seed, device, attempt, question);
}
