using Breeze.Silo.Agents;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

/// <summary>When the refused may come again, and who is asked to go elsewhere.</summary>
public sealed class ArrivalPaceTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(1, 6)]
    [InlineData(15_000, 32)]
    [InlineData(100_000, 202)]
    [InlineData(10_000_000, 302)]
    public void Refused_in_one_second_before_anybody_is_in_they_are_spread_over_the_time_to_let_them_in(int refused, int latest)
    {
        var pace = new ArrivalPace(_clock);
        Repeat(refused, pace.Refused);
        Assert.Equal(2, pace.RetryAfterSeconds(arriving: 500, chance: 0));
        Assert.InRange(pace.RetryAfterSeconds(arriving: 500, chance: 0.9999), latest - 1, latest);
    }

    [Fact]
    public void The_pace_is_what_was_let_in_of_late()
    {
        var pace = new ArrivalPace(_clock);
        for (var second = 0; second < 5; second++)
        {
            Repeat(4_000, pace.Refused);
            Repeat(100, pace.LetIn);
            _clock.Advance(TimeSpan.FromSeconds(second < 4 ? 1 : 0));
        }

        // 20,000 at (500 let in + 500 arriving) in 5 s: 100 s.
        Assert.InRange(pace.RetryAfterSeconds(500, 0.9999), 100, 102);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.InRange(pace.RetryAfterSeconds(500, 0.9999), 5, 6);
    }

    [Fact]
    public void While_nobody_can_be_let_in_nobody_is_sent_away_for_long()
    {
        var pace = new ArrivalPace(_clock);
        Repeat(1_000, pace.Refused);
        Assert.InRange(pace.RetryAfterSeconds(arriving: 0, chance: 0.9999), 11, 12);
    }

    [Theory]
    [InlineData(1000, new[] { 1000, 1000, 1000 }, 0)]
    [InlineData(1190, new[] { 1190, 905, 905 }, 0)]
    [InlineData(1300, new[] { 1300, 850, 850 }, 13)]
    [InlineData(10_000, new[] { 10_000, 10_000, 0 }, 100)]
    [InlineData(70, new[] { 70, 0 }, 0)]
    [InlineData(110, new[] { 110, 0 }, 2)]
    [InlineData(5_000, new[] { 5_000 }, 0)]
    public void A_silo_with_clearly_more_than_its_share_asks_a_hundredth(int own, int[] all, int asked) =>
        Assert.Equal(asked, new SocketBalance().Ask(TimeSpan.Zero, own, all));

    [Fact]
    public void An_even_share_is_reached_and_then_nobody_is_asked()
    {
        var balance = new SocketBalance();
        int[] silos = [6_000, 6_000, 0];
        var turns = 0;
        for (; turns < 1_000; turns++)
        {
            // Whoever is asked goes where the fewest are.
            var asked = balance.Ask(turns * SocketBalance.Every, silos[0], silos);
            balance.Judge(Math.Max(1, asked), 0);
            if (asked == 0)
            {
                break;
            }

            (silos[0], silos[2]) = (silos[0] - asked, silos[2] + asked);
        }

        Assert.InRange(silos[0], 4_000, 4_800);
        Assert.InRange(turns, 20, 100);
    }

    [Fact]
    public void Those_who_come_back_are_asked_ever_more_seldom()
    {
        var balance = new SocketBalance();
        int[] silos = [1_000, 0];
        var asked = 0;
        for (var now = TimeSpan.Zero; now < TimeSpan.FromHours(1); now += SocketBalance.Every)
        {
            if (balance.Ask(now, 1_000, silos) is > 0 and var some)
            {
                asked++;
                balance.Judge(some, some);
            }
        }

        Assert.InRange(asked, 8, 14);
        balance.Judge(10, 3);
        Assert.Equal(10, balance.Ask(TimeSpan.FromHours(2), 1_000, silos));
        Assert.Equal(10, balance.Ask(TimeSpan.FromHours(2) + SocketBalance.Every, 1_000, silos));
    }

    private static void Repeat(int times, Action action)
    {
        for (var n = 0; n < times; n++)
        {
            action();
        }
    }
}
