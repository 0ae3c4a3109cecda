namespace Breeze.Silo.Agents;

/// <summary>How long agents that are refused at the door should stay away: about as long as it takes to let in all who were.</summary>
/// <remarks>Looks back some seconds. Every answer is spread over the whole wait, so that they come at the pace at which they are let in.</remarks>
public sealed class ArrivalPace(TimeProvider clock)
{
    private const int Window = 5;
    private const int Soonest = 2;
    private const int ShortestSpread = 4;
    private const int LongestSpread = 300;

    // While the database is away nobody is let in, and that says nothing of the pace once it is back.
    private const int SlowestPerSecond = 100;

    private readonly Lock _lock = new();
    private readonly (long Second, int LetIn, int Refused)[] _seconds = new (long, int, int)[Window];

    public void LetIn() => Count(1, 0);

    public void Refused() => Count(0, 1);

    /// <summary>Seconds to wait, 2 to 302.</summary>
    /// <param name="arriving">Connections that are being let in now.</param>
    /// <param name="chance">From 0 up to 1, uniform.</param>
    public int RetryAfterSeconds(int arriving, double chance)
    {
        var (letIn, refused, over) = (0, 0, 0);
        lock (_lock)
        {
            foreach (var second in _seconds)
            {
                if (Now - second.Second < Window && second.LetIn + second.Refused > 0)
                {
                    (letIn, refused, over) = (letIn + second.LetIn, refused + second.Refused, over + 1);
                }
            }
        }

        // Who is being let in counts as done: in a storm's first second nobody has said Hello yet.
        var perSecond = Math.Max(SlowestPerSecond, (double)(letIn + arriving) / Math.Max(1, over));
        return Soonest + (int)(chance * Math.Clamp(refused / perSecond, ShortestSpread, LongestSpread));
    }

    private long Now => clock.GetTimestamp() / clock.TimestampFrequency;

    private void Count(int letIn, int refused)
    {
        lock (_lock)
        {
            ref var second = ref _seconds[Now % Window];
            second = second.Second == Now ? (Now, second.LetIn + letIn, second.Refused + refused) : (Now, letIn, refused);
        }
    }
}
