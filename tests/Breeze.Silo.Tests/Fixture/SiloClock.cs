using Microsoft.Extensions.Time.Testing;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>The silo's only clock: it stands still until a test moves it.</summary>
public sealed class SiloClock
{
    /// <summary>Long enough for what fell due to have begun; a test that needs its end awaits a signal.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan DefaultStep = TimeSpan.FromSeconds(30);

    internal FakeTimeProvider Provider { get; } = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));

    public DateTimeOffset Now => Provider.GetUtcNow();

    /// <summary>Moves time on in steps (30 s), so that what falls due on the way happens at about its own time.</summary>
    public async Task Advance(TimeSpan by, TimeSpan? step = null)
    {
        for (var left = by; left > TimeSpan.Zero; left -= step ?? DefaultStep)
        {
            Provider.Advance(left < (step ?? DefaultStep) ? left : step ?? DefaultStep);
            await Task.Delay(Settle);
        }
    }

    /// <summary>Moves time on until the condition holds, at most by <paramref name="most"/>.</summary>
    /// <param name="phase">What is awaited, for the message: phase and entity.</param>
    /// <param name="actual">What is there now, and whether it is what is wanted.</param>
    public async Task AdvanceUntil(string phase, Func<Task<(bool Holds, object? Actual)>> actual, TimeSpan most, TimeSpan? step = null)
    {
        for (var gone = TimeSpan.Zero; ; gone += step ?? DefaultStep)
        {
            var (holds, seen) = await actual();
            if (holds)
            {
                return;
            }

            if (gone >= most)
            {
                throw new TimeoutException($"{phase}: not within {most} of the silo's time; at {Now:O} it is {seen}.");
            }

            await Advance(step ?? DefaultStep);
        }
    }
}

/// <summary>Waiting in real time for what happens in the background.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Asks until the answer fits; fails with phase, entity, expectation and what was there after 20 s.</summary>
    public static async Task<T> Is<T>(string phase, Func<Task<T>> actual, Func<T, bool> fits, string expected)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await actual();
            if (fits(seen))
            {
                return seen;
            }

            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"{phase}: expected {expected} within {Deadline.TotalSeconds} s, there is {seen}.");
            }

            await Task.Delay(20);
        }
    }
}
