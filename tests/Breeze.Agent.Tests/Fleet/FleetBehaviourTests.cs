using Breeze.Fleet;
using Breeze.Fleet.Behaviour;

namespace Breeze.Agent.Tests.Fleet;

public sealed class FleetBehaviourTests
{
    private static readonly FleetBehaviour Mixed = new()
    {
        Seed = 7,
        SuccessRate = 0.8,
        RejectShare = 0.05,
        InterruptShare = 0.05,
        SilentShare = 0.02,
        OfflineShare = 0.1,
        FlapShare = 0.3,
        DuplicateShare = 0.2,
        LateShare = 0.1,
        LieShare = 0.1,
        ShortestRun = TimeSpan.FromMilliseconds(10),
        LongestRun = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public void The_same_seed_gives_the_same_fleet_and_another_seed_another()
    {
        var first = Enumerable.Range(0, 2000).Select(device => (Mixed.Decide(device, 1), Mixed.IsOffline(device), Mixed.ConnectionLife(device, 3))).ToList();
        var again = Mixed with { };
        Assert.Equal(first, Enumerable.Range(0, 2000).Reverse().Select(device => (again.Decide(device, 1), again.IsOffline(device), again.ConnectionLife(device, 3))).Reverse());
        var other = Mixed with { Seed = 8 };
        Assert.NotEqual(first.Select(one => one.Item1.Kind), Enumerable.Range(0, 2000).Select(device => other.Decide(device, 1).Kind));
    }

    [Fact]
    public void Shares_come_out_as_asked()
    {
        const int Count = 20_000;
        var outcomes = Enumerable.Range(0, Count).Select(device => Mixed.Decide(device, 2)).ToList();
        AssertShare(0.8, outcomes.Count(outcome => outcome.Kind == OutcomeKind.Completed));
        AssertShare(0.05, outcomes.Count(outcome => outcome.Kind == OutcomeKind.Rejected));
        AssertShare(0.05, outcomes.Count(outcome => outcome.Kind == OutcomeKind.Interrupted));
        AssertShare(0.02, outcomes.Count(outcome => outcome.Kind == OutcomeKind.Silent));
        AssertShare(0.08, outcomes.Count(outcome => outcome.Kind == OutcomeKind.Failed));
        AssertShare(0.2, outcomes.Count(outcome => outcome.Repeats > 0));
        AssertShare(0.1, outcomes.Count(outcome => outcome.LateBy > TimeSpan.Zero));
        AssertShare(0.1, outcomes.Count(outcome => outcome.Lies));
        AssertShare(0.1, Enumerable.Range(0, Count).Count(Mixed.IsOffline));
        AssertShare(0.3, Enumerable.Range(0, Count).Count(device => Mixed.ConnectionLife(device, 0) is not null));
        Assert.All(outcomes, outcome => Assert.InRange(outcome.Duration, Mixed.ShortestRun, Mixed.LongestRun));
        // Half of the runs are shorter than the logarithm's middle.
        AssertShare(0.5, outcomes.Count(outcome => outcome.Duration < TimeSpan.FromMilliseconds(316)));

        static void AssertShare(double expected, int count) => Assert.InRange((double)count / Count, expected - 0.015, expected + 0.015);
    }

    [Fact]
    public void Attempts_of_one_device_are_drawn_apart()
    {
        var failedFirst = Enumerable.Range(0, 5000).Where(device => Mixed.Decide(device, 1).Kind == OutcomeKind.Failed).ToList();
        Assert.InRange((double)failedFirst.Count(device => Mixed.Decide(device, 2).Kind == OutcomeKind.Completed) / failedFirst.Count, 0.7, 0.9);
    }

    [Fact]
    public void Turning_one_knob_moves_no_other()
    {
        var turned = Mixed with { OfflineShare = 0.9, LieShare = 0 };
        Assert.Equal(
            Enumerable.Range(0, 1000).Select(device => (Mixed.Decide(device, 1).Kind, Mixed.Decide(device, 1).Duration)),
            Enumerable.Range(0, 1000).Select(device => (turned.Decide(device, 1).Kind, turned.Decide(device, 1).Duration)));
    }

    [Theory]
    [InlineData(1, OutcomeKind.Failed)]
    [InlineData(2, OutcomeKind.Rejected)]
    [InlineData(3, OutcomeKind.Completed)]
    [InlineData(9, OutcomeKind.Completed)]
    public void A_written_script_decides_attempt_by_attempt(int attempt, OutcomeKind expected)
    {
        var scripted = Mixed with
        {
            Scripted = new Dictionary<int, IReadOnlyList<OutcomeKind>> { [3] = [OutcomeKind.Failed, OutcomeKind.Rejected, OutcomeKind.Completed] },
        };
        Assert.Equal(expected, scripted.Decide(3, attempt).Kind);
    }

    [Theory]
    [InlineData("250ms", 0.25, 0.25)]
    [InlineData("0s", 0, 0)]
    [InlineData("1s..2m", 1, 120)]
    [InlineData("1.5s..1.5s", 1.5, 1.5)]
    public void Durations_are_read_as_people_write_them(string text, double shortest, double longest) =>
        Assert.Equal((TimeSpan.FromSeconds(shortest), TimeSpan.FromSeconds(longest)), DurationText.ParseRange(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-1s")]
    [InlineData("2s..1s")]
    [InlineData("1s..2s..3s")]
    [InlineData("99999999999s")]
    public void What_is_no_duration_is_refused(string text) => Assert.Null(DurationText.ParseRange(text));
}
