using Breeze.Agent.Connection;
using Microsoft.Extensions.Time.Testing;

namespace Breeze.Agent.Tests.Connection;

public sealed class ReconnectDelayTests
{
    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(1, 1, 2)]
    [InlineData(2, 2, 4)]
    [InlineData(3, 4, 8)]
    [InlineData(4, 8, 16)]
    [InlineData(5, 10, 20)]
    [InlineData(60, 10, 20)]
    [InlineData(int.MaxValue, 10, 20)]
    public void It_doubles_up_to_twenty_seconds_with_half_of_it_left_to_chance(int attempt, double least, double most)
    {
        var delay = ReconnectDelay.Default;
        Assert.Equal(TimeSpan.FromSeconds(least), delay.After(attempt, null, 0));
        Assert.Equal(most, delay.After(attempt, null, 0.999999).TotalSeconds, 0.001);
        Assert.All(Enumerable.Range(0, 100), n => Assert.InRange(delay.After(attempt, null, n / 100.0).TotalSeconds, least, most));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5_000, 5, 6)]
    [InlineData(-1, 0, 1)]
    [InlineData(int.MaxValue, 600, 601)]
    public void A_servers_hint_is_never_undercut_and_never_silences_for_good(int hintMs, double least, double most)
    {
        var hint = TimeSpan.FromMilliseconds(hintMs);
        Assert.All(Enumerable.Range(0, 100), n => Assert.InRange(ReconnectDelay.Default.After(0, hint, n / 100.0).TotalSeconds, least, most));
    }

    [Fact]
    public void The_servers_clock_goes_on_without_this_machines_wall_clock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var clock = new ServerClock(time);
        Assert.False(clock.IsKnown);
        clock.Set(Signer.Now);
        time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(Signer.Now.AddSeconds(90), clock.Now);
    }
}
