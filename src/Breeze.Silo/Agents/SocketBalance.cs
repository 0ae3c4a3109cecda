namespace Breeze.Silo.Agents;

/// <summary>Decides how many agents a silo that holds clearly more than its share asks to connect elsewhere.</summary>
/// <remarks>
/// A few at a time, so that nobody notices; and ever more seldom when those asked come back here, for then there is no load balancer in
/// front that would send them elsewhere.
/// </remarks>
public sealed class SocketBalance
{
    // Neither matters: a fifth more than the others, or as few as this.
    private const double Tolerance = 1.2;
    private const int LeastSurplus = 50;
    private const int PartPerTurn = 100;

    /// <summary>From one turn to the next, while it helps.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    /// <summary>The same once it has not helped for long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private TimeSpan _wait = Every;
    private TimeSpan _next;

    /// <param name="now">Time by any clock that only goes on.</param>
    /// <param name="own">Agents here.</param>
    /// <param name="all">Agents of every silo that serves, this one included.</param>
    /// <returns>How many to ask now; 0 for none.</returns>
    public int Ask(TimeSpan now, int own, IReadOnlyCollection<int> all)
    {
        var share = all.Count == 0 ? own : all.Average();
        if (now < _next || own < share * Tolerance || own - share < LeastSurplus)
        {
            return 0;
        }

        _next = now + _wait;
        return Math.Min((own + PartPerTurn - 1) / PartPerTurn, (int)(own - share));
    }

    /// <summary>Tells what became of those that were asked some time ago.</summary>
    /// <param name="asked">How many were, 1 or more.</param>
    /// <param name="back">How many of them are here again.</param>
    public void Judge(int asked, int back) =>
        _wait = back * 4 <= asked * 3 ? Every : _wait * 2 < Longest ? _wait * 2 : Longest;
}
