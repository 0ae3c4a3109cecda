using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>What people are shown.</summary>
public sealed class DisplayTests
{
    public static TheoryData<Totals, bool, DeploymentStatus, string> ActiveRows => new()
    {
        { Counts(pending: 100), false, DeploymentStatus.Downloading, "just started" },
        { Counts(pending: 100), true, DeploymentStatus.Downloading, "its first batch is open and nothing is sent yet" },
        { Counts(pending: 75, running: 25), true, DeploymentStatus.Downloading, "in flight, none accepted" },
        { Counts(pending: 75, running: 25, accepted: 1), true, DeploymentStatus.Installing, "one device installs" },
        { Counts(pending: 75, completed: 25), true, DeploymentStatus.Running, "between two batches" },
        { Counts(pending: 1, retrying: 1, completed: 99), true, DeploymentStatus.Running, "the last device waits for its retry" },
        { Counts(pending: 100, retrying: 100), true, DeploymentStatus.Running, "every device waits for its retry" },
    };

    [Theory, MemberData(nameof(ActiveRows))]
    public void An_active_deployment_is_shown_by_what_its_devices_do(Totals totals, bool opened, DeploymentStatus shown, string why) =>
        Assert.True(shown == Display.Status(Stage.Active, totals, opened), why);

    [Theory]
    [InlineData(Stage.Draft, DeploymentStatus.Draft)]
    [InlineData(Stage.Pending, DeploymentStatus.Pending)]
    [InlineData(Stage.Paused, DeploymentStatus.Paused)]
    [InlineData(Stage.Completed, DeploymentStatus.Completed)]
    [InlineData(Stage.Failed, DeploymentStatus.Failed)]
    [InlineData(Stage.Cancelled, DeploymentStatus.Cancelled)]
    [InlineData(Stage.Rollback, DeploymentStatus.Rollback)]
    public void Every_other_stage_is_shown_as_itself_whatever_runs(Stage stage, DeploymentStatus shown) =>
        Assert.Equal(shown, Display.Status(stage, Counts(running: 5, accepted: 5), true));

    [Theory]
    [InlineData("draft", Stage.Draft)]
    [InlineData("pending", Stage.Pending)]
    [InlineData("running", Stage.Active)]
    [InlineData("downloading", Stage.Active)]
    [InlineData("installing", Stage.Active)]
    [InlineData("active", Stage.Active)]
    [InlineData("paused", Stage.Paused)]
    [InlineData("completed", Stage.Completed)]
    [InlineData("failed", Stage.Failed)]
    [InlineData("cancelled", Stage.Cancelled)]
    [InlineData("rollback", Stage.Rollback)]
    public void Every_documented_state_can_be_asked_for(string word, Stage stage) => Assert.Equal([stage], Display.StagesOf(word));

    [Theory]
    [InlineData("Draft")]
    [InlineData("")]
    [InlineData("done")]
    public void Another_word_stands_for_nothing(string word) => Assert.Empty(Display.StagesOf(word));

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 0, 10, 0)]
    [InlineData(1, 0, 200, 1)]
    [InlineData(1, 0, 201, 0)]
    [InlineData(1, 1, 80, 3)]
    [InlineData(5, 0, 1000, 1)]
    [InlineData(25, 0, 1000, 3)]
    [InlineData(199, 0, 200, 100)]
    [InlineData(197, 0, 200, 99)]
    [InlineData(60, 40, 100, 100)]
    [InlineData(2_000_000_000, 100_000_000, 2_147_483_647, 98)]
    public void The_percentage_counts_completed_and_failed_and_rounds_half_away_from_zero(int completed, int failed, int total, int percent) =>
        Assert.Equal(percent, Totals.PercentComplete(completed, failed, total));

    [Fact]
    public void Skipped_devices_are_no_progress() => Assert.Equal(50, Totals.PercentComplete(50, 0, Counts(completed: 50, skipped: 50).All));

    [Fact]
    public void The_end_is_guessed_from_the_rate_so_far() =>
        Assert.Equal(T0.AddHours(4), Display.Eta(Stage.Active, Counts(pending: 50, running: 25, completed: 20, skipped: 5), T0, T0.AddHours(1)));

    [Theory]
    [InlineData(Stage.Pending)]
    [InlineData(Stage.Paused)]
    [InlineData(Stage.Completed)]
    [InlineData(Stage.Cancelled)]
    public void The_end_is_unknown_unless_it_goes_on(Stage stage) =>
        Assert.Null(Display.Eta(stage, Counts(pending: 50, completed: 50), T0, T0.AddHours(1)));

    [Fact]
    public void The_end_is_unknown_before_the_first_has_ended_and_after_the_last()
    {
        Assert.Null(Display.Eta(Stage.Active, Counts(pending: 50, running: 50), T0, T0.AddHours(1)));
        Assert.Null(Display.Eta(Stage.Active, Counts(completed: 100), T0, T0.AddHours(1)));
        Assert.Null(Display.Eta(Stage.Active, Counts(pending: 50, completed: 50), null, T0.AddHours(1)));
    }

    [Fact]
    public void An_end_beyond_ten_years_is_as_good_as_unknown() =>
        Assert.Null(Display.Eta(Stage.Active, Counts(pending: 1_000_000, completed: 1), T0, T0.AddHours(1)));

    [Fact]
    public void A_closed_run_counts_what_was_not_accepted_as_skipped()
    {
        var closed = Counts(pending: 10, retrying: 4, running: 8, accepted: 3, completed: 5, failed: 2, skipped: 1, acceptedFailures: 1).AfterClosing();

        Assert.Equal(Counts(running: 3, accepted: 3, completed: 5, failed: 2, skipped: 16, acceptedFailures: 1), closed);
        Assert.Equal(closed, closed.AfterClosing());
    }

    [Fact]
    public void Counts_can_be_printed() => Assert.Contains("Pending = 3", Counts(pending: 3).ToString(), StringComparison.Ordinal);
}
