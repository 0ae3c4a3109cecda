using Breeze.Cli.Deployments;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Spectre.Console.Testing;

namespace Breeze.Cli.Tests.Deployments;

public sealed class RolloutViewTests
{
    private static readonly DateTimeOffset T0 = Sample.At;

    [Fact]
    public void A_line_tells_state_batch_counts_rate_and_end()
    {
        var view = new RolloutView("x", T0) { StartedAt = T0 };
        view.Take(Message(1, Sample.Progress(completed: 20, pending: 80)), T0);
        view.Take(Message(2, Sample.Progress(completed: 55, failed: 3, running: 10, retrying: 2, pending: 30, skipped: 2) with { EtaAt = T0.AddSeconds(50) }), T0.AddSeconds(10));

        Assert.Equal(
            "0:10  installing  58%  batch 2/4  55 completed, 3 failed, 10 running, 30 pending (2 retrying), 2 skipped of 100  4.0/s  eta 0:40",
            RolloutLine.Of(view, T0.AddSeconds(10)));
    }

    [Fact]
    public void An_older_message_changes_nothing()
    {
        var view = new RolloutView("x", T0);
        view.Take(Message(5, Sample.Progress(completed: 5)), T0);
        view.Take(Message(4, Sample.Progress(completed: 4)), T0);

        Assert.Equal(5, view.Latest!.Progress!.Completed);
    }

    [Fact]
    public void The_rate_is_that_of_the_last_half_minute()
    {
        var view = new RolloutView("x", T0);
        for (var second = 0; second <= 120; second += 10)
        {
            view.Take(Message(second, Sample.Progress(completed: second < 60 ? 0 : (second - 60) * 2, pending: 1)), T0.AddSeconds(second));
        }

        Assert.Equal(2.0, view.Rate(T0.AddSeconds(120))!.Value, 0.3);
    }

    [Theory]
    [InlineData(DeploymentStatus.Completed, ExitCode.Ok)]
    [InlineData(DeploymentStatus.Failed, ExitCode.DeploymentFailed)]
    [InlineData(DeploymentStatus.Cancelled, ExitCode.DeploymentFailed)]
    [InlineData(DeploymentStatus.Paused, ExitCode.DeploymentFailed)]
    public void How_it_ended_is_the_exit_code(DeploymentStatus status, int code) => Assert.Equal(code, RolloutWatch.Code(status));

    [Fact]
    public void The_screen_shows_batches_failures_and_the_latest_devices_without_their_control_characters()
    {
        var view = new RolloutView("Roll\u001b[31mout", T0);
        var device = Guid.NewGuid();
        view.Know(Record(device, "host\u0007-1"));
        view.Take(Message(1, Sample.Progress(completed: 1, failed: 1, pending: 2)), T0);
        view.Take(new DevicesChanged(Sample.DeploymentId, [new(device, DeviceRecordStatus.Failed, null)], false, 2), T0);
        view.Failures = [new FailureGroup("k", FailureKind.ExitCode, 7, 3, "disk is \u001b[2Jfull")];
        using var screen = new TestConsole();
        screen.Profile.Width = 120;

        screen.Write(RolloutScreen.Of(view, T0.AddSeconds(5)));

        Assert.Contains("batch 2 of 4 ■▣□□", screen.Output, StringComparison.Ordinal);
        Assert.Contains("3 × exit_code 7: disk is ·[2Jfull", screen.Output, StringComparison.Ordinal);
        Assert.Contains("host·-1 failed", screen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', screen.Output);
    }

    private static DeploymentProgress Message(long version, Progress progress) =>
        new(Sample.DeploymentId, DeploymentStatus.Installing, progress, null, version);

    private static DeviceRecord Record(Guid device, string hostname) => new()
    {
        Id = Guid.NewGuid(),
        DeploymentId = Sample.DeploymentId,
        DeviceId = device,
        DeviceHostname = hostname,
        BatchNumber = 1,
        Status = DeviceRecordStatus.Running,
        RetryCount = 0,
        MaxRetries = 1,
    };
}
