namespace Breeze.Silo.Hosting.Load;

/// <summary>How a silo is doing at one look.</summary>
/// <param name="Pool">How long work queued to the thread pool waits before it runs.</param>
/// <param name="Storage">How long the oldest of what waits for the database has waited.</param>
/// <param name="Memory">The heap's share of what the process may have, 0 to 1.</param>
public readonly record struct LoadSigns(TimeSpan Pool, TimeSpan Storage, double Memory);

/// <summary>From where on a sign sheds which class of requests: one value a class, <see cref="RequestClass.Read"/> first, ascending.</summary>
/// <param name="Pool">Seconds; none for results, for refusing them would not shorten the queue.</param>
/// <param name="Storage">Seconds; likewise.</param>
/// <param name="Memory">Shares of 1.</param>
public sealed record OverloadLimits(double[] Pool, double[] Storage, double[] Memory)
{
    /// <summary>
    /// A silo that answers late is one that an operator's call (10 s) and a device's message (60 s) still get their answer from: the first
    /// to be refused are so well before those run out.
    /// </summary>
    public static OverloadLimits Default { get; } = new([2, 4, 6, 8], [5, 8, 12, 20], [0.75, 0.80, 0.85, 0.90, 0.95]);
}

/// <summary>Decides what an overloaded silo refuses. It learns by looks at even intervals; everybody may ask it at any time.</summary>
/// <remarks>
/// The level is the last class refused, 0 for none. It rises by one class a look, so that refusing the cheapest first has a chance to
/// help, and falls by one when <see cref="CalmLooks"/> looks running found half of what would hold it: no flapping at the edge.
/// </remarks>
public sealed class Overload(OverloadLimits limits)
{
    /// <summary>Looks that must be calm before one more class is let in.</summary>
    public const int CalmLooks = 2;

    // Of memory a half would never come: what a collection leaves changes slowly.
    private const double MemoryCalm = 0.97;

    private int _level;
    private int _calm;

    public int Level => Volatile.Read(ref _level);

    public bool Sheds(RequestClass asked) => (int)asked <= Level;

    /// <summary>Whether so many requests at once leave no room for one more of this class: reads stop at the cap, later classes a quarter of it each later.</summary>
    public static bool IsFull(RequestClass asked, int inFlight, int most) =>
        asked < RequestClass.Result && inFlight >= most * (3L + (int)asked) / 4;

    /// <summary>Takes one look's signs. One caller at a time.</summary>
    /// <returns>Whether the level changed.</returns>
    public bool Look(LoadSigns signs)
    {
        var level = _level;
        if (Demand(signs) > level)
        {
            (_calm, _level) = (0, level + 1);
        }
        else if (level > 0 && Demand(new(signs.Pool * 2, signs.Storage * 2, signs.Memory / MemoryCalm)) < level)
        {
            if (++_calm >= CalmLooks)
            {
                (_calm, _level) = (0, level - 1);
            }
        }
        else
        {
            _calm = 0;
        }

        return _level != level;
    }

    private int Demand(LoadSigns signs) => Math.Max(
        Passed(limits.Memory, signs.Memory), Math.Max(Passed(limits.Pool, signs.Pool.TotalSeconds), Passed(limits.Storage, signs.Storage.TotalSeconds)));

    private static int Passed(double[] steps, double value) => steps.Count(step => value >= step);
}
