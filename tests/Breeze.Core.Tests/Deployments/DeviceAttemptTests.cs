using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>One record's transitions.</summary>
public sealed class DeviceAttemptTests
{
    private static readonly AttemptEnd Success = new(null, null, 0);
    private static readonly RolloutPlan ThreeRetries = Immediate with { MaxRetries = 3 };

    [Fact]
    public void Sending_makes_it_run_under_a_new_command()
    {
        var command = CommandId.New();
        var sent = DeviceAttempt.Send(Fresh(), command, T0, TimeSpan.FromMinutes(6));

        Assert.Equal(
            Fresh() with { Status = DeviceRecordStatus.Running, Attempt = 1, CommandId = command, StartedAt = T0, TimeoutAt = T0.AddMinutes(6) }, sent);
        Assert.Equal(0, sent.RetryCount);
    }

    [Fact]
    public void A_retry_forgets_the_failure_and_keeps_the_start()
    {
        var failed = Running(1) with
        {
            Status = DeviceRecordStatus.Failed,
            CompletedAt = T0,
            FailureKind = FailureKind.ExitCode,
            FailureKey = "k",
            ExitCode = 3,
            TimeoutAt = null,
        };
        var sent = DeviceAttempt.Send(failed, CommandId.New(), T0.AddHours(1), TimeSpan.FromMinutes(1));

        Assert.Equal((DeviceRecordStatus.Running, 2, 1), (sent.Status, sent.Attempt, sent.RetryCount));
        Assert.Equal(T0, sent.StartedAt);
        Assert.Null(sent.CompletedAt);
        Assert.Null(sent.FailureKind);
        Assert.Null(sent.FailureKey);
        Assert.Null(sent.ExitCode);
    }

    [Fact]
    public void A_skipped_device_that_is_retried_has_its_first_attempt()
    {
        var sent = DeviceAttempt.Send(DeviceAttempt.Skip(Fresh(), SkipReason.Offline, T0), CommandId.New(), T0, TimeSpan.FromMinutes(1));

        Assert.Equal((1, 0), (sent.Attempt, sent.RetryCount));
        Assert.Null(sent.SkipReason);
    }

    [Fact]
    public void A_success_completes_it()
    {
        var ended = DeviceAttempt.End(Running(2) with { Accepted = true }, Success, ThreeRetries, T0.AddMinutes(2), runIsClosed: false);

        Assert.Equal((DeviceRecordStatus.Completed, T0.AddMinutes(2), 0), (ended.Status, ended.CompletedAt, ended.ExitCode));
        Assert.False(ended.Accepted);
        Assert.Null(ended.TimeoutAt);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 15)]
    [InlineData(3, 60)]
    [InlineData(4, 60)]
    [InlineData(10, 60)]
    public void The_nth_retry_waits_the_nth_backoff_and_the_last_is_used_again(int attempt, int minutes)
    {
        var ended = DeviceAttempt.End(Running(attempt), Failed(FailureKind.ExitCode), Immediate with { MaxRetries = 10 }, T0, runIsClosed: false);

        Assert.Equal(DeviceRecordStatus.Pending, ended.Status);
        Assert.Equal(T0.AddMinutes(minutes), ended.NextAttemptAt);
        Assert.Null(ended.CompletedAt);
        Assert.Equal(FailureKind.ExitCode, ended.FailureKind);
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    [InlineData(3, 3, true)]
    [InlineData(3, 4, false)]
    [InlineData(10, 10, true)]
    [InlineData(10, 11, false)]
    public void There_are_maxRetries_attempts_beyond_the_first_and_zero_means_none(int maxRetries, int attempt, bool triedAgain)
    {
        var ended = DeviceAttempt.End(Running(attempt), Failed(FailureKind.Timeout), Immediate with { MaxRetries = maxRetries }, T0, runIsClosed: false);

        Assert.Equal(triedAgain ? DeviceRecordStatus.Pending : DeviceRecordStatus.Failed, ended.Status);
        Assert.Equal(triedAgain, ended.NextAttemptAt is not null);
        Assert.Equal(triedAgain, ended.CompletedAt is null);
    }

    [Theory]
    [InlineData(FailureKind.ExitCode, true)]
    [InlineData(FailureKind.Timeout, true)]
    [InlineData(FailureKind.AgentError, true)]
    [InlineData(FailureKind.Rejected, false)]
    [InlineData(FailureKind.Interrupted, false)]
    public void Rejected_and_interrupted_are_not_tried_again_by_themselves(FailureKind kind, bool triedAgain)
    {
        var ended = DeviceAttempt.End(Running(1), Failed(kind), ThreeRetries, T0, runIsClosed: false);

        Assert.Equal(triedAgain ? DeviceRecordStatus.Pending : DeviceRecordStatus.Failed, ended.Status);
        Assert.Equal(kind, ended.FailureKind);
    }

    [Fact]
    public void In_a_closed_run_a_failure_is_final()
    {
        Assert.Equal(DeviceRecordStatus.Failed, DeviceAttempt.End(Running(1), Failed(FailureKind.ExitCode), ThreeRetries, T0, runIsClosed: true).Status);
        Assert.Equal(DeviceRecordStatus.Completed, DeviceAttempt.End(Running(1), Success, ThreeRetries, T0, runIsClosed: true).Status);
    }

    [Fact]
    public void A_retry_asked_for_after_the_end_is_the_last_word()
    {
        var sent = DeviceAttempt.Send(Running(1) with { Status = DeviceRecordStatus.Failed }, CommandId.New(), T0, TimeSpan.FromMinutes(1), isLastWord: true);
        var ended = DeviceAttempt.End(sent, Failed(FailureKind.ExitCode), ThreeRetries, T0, runIsClosed: false);

        Assert.True(sent.IsLastWord);
        Assert.Equal(DeviceRecordStatus.Failed, ended.Status);
        Assert.False(ended.IsLastWord);
    }

    [Fact]
    public void Giving_up_fails_it_as_unreachable()
    {
        var waiting = DeviceAttempt.End(Running(1), Failed(FailureKind.ExitCode), ThreeRetries, T0, runIsClosed: false);
        var given = DeviceAttempt.GiveUp(waiting, T0.AddDays(2));

        Assert.Equal((DeviceRecordStatus.Failed, FailureKind.Unreachable, "unreachable"), (given.Status, given.FailureKind, given.FailureKey));
        Assert.Equal(T0.AddDays(2), given.CompletedAt);
        Assert.Null(given.NextAttemptAt);
        Assert.Null(given.ExitCode);
        Assert.Equal(0, given.RetryCount);
    }

    [Fact]
    public void Skipping_ends_it_with_its_reason_and_no_failure()
    {
        var skipped = DeviceAttempt.Skip(Fresh(), SkipReason.NoMaintenanceWindow, T0);

        Assert.Equal(Fresh() with { Status = DeviceRecordStatus.Skipped, SkipReason = SkipReason.NoMaintenanceWindow, CompletedAt = T0 }, skipped);
    }

    [Fact]
    public void Each_state_is_counted_in_one_place()
    {
        Assert.Equal(Counts(pending: 1), Fresh().Counted);
        Assert.Equal(Counts(running: 1), Running(1).Counted);
        Assert.Equal(Counts(running: 1, accepted: 1), (Running(1) with { Accepted = true }).Counted);
        Assert.Equal(Counts(pending: 1, retrying: 1), DeviceAttempt.End(Running(1), Failed(FailureKind.Timeout), ThreeRetries, T0, runIsClosed: false).Counted);
        Assert.Equal(Counts(failed: 1), DeviceAttempt.GiveUp(Running(1), T0).Counted);
        Assert.Equal(Counts(completed: 1), DeviceAttempt.End(Running(1), Success, ThreeRetries, T0, runIsClosed: false).Counted);
        Assert.Equal(Counts(skipped: 1), DeviceAttempt.Skip(Fresh(), SkipReason.Offline, T0).Counted);
    }

    private static AttemptEnd Failed(FailureKind kind) => new(kind, "key", kind == FailureKind.ExitCode ? 1 : null);

    private static RecordState Fresh() => new() { Status = DeviceRecordStatus.Pending };

    private static RecordState Running(int attempt) => new()
    {
        Status = DeviceRecordStatus.Running,
        Attempt = attempt,
        CommandId = CommandId.New(),
        StartedAt = T0,
        TimeoutAt = T0.AddMinutes(6),
    };
}
