using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using static Breeze.Core.Tests.Deployments.Given;

namespace Breeze.Core.Tests.Deployments;

/// <summary>What happens to a due record, by its device and its window; and what an operator's retry needs.</summary>
public sealed class DispatchTests
{
    [Theory]
    [InlineData(Reach.Online, WindowState.Open, DispatchVerdict.Send, null)]
    [InlineData(Reach.JustLost, WindowState.Open, DispatchVerdict.Wait, null)]
    [InlineData(Reach.Offline, WindowState.Open, DispatchVerdict.Skip, SkipReason.Offline)]
    [InlineData(Reach.Decommissioned, WindowState.Open, DispatchVerdict.Skip, SkipReason.Decommissioned)]
    [InlineData(Reach.Online, WindowState.Closed, DispatchVerdict.Skip, SkipReason.OutsideMaintenanceWindow)]
    [InlineData(Reach.JustLost, WindowState.Closed, DispatchVerdict.Skip, SkipReason.OutsideMaintenanceWindow)]
    [InlineData(Reach.Offline, WindowState.Closed, DispatchVerdict.Skip, SkipReason.OutsideMaintenanceWindow)]
    [InlineData(Reach.Decommissioned, WindowState.Closed, DispatchVerdict.Skip, SkipReason.Decommissioned)]
    [InlineData(Reach.Online, WindowState.NoneConfigured, DispatchVerdict.Skip, SkipReason.NoMaintenanceWindow)]
    [InlineData(Reach.JustLost, WindowState.NoneConfigured, DispatchVerdict.Skip, SkipReason.NoMaintenanceWindow)]
    [InlineData(Reach.Offline, WindowState.NoneConfigured, DispatchVerdict.Skip, SkipReason.NoMaintenanceWindow)]
    [InlineData(Reach.Decommissioned, WindowState.NoneConfigured, DispatchVerdict.Skip, SkipReason.Decommissioned)]
    public void A_first_attempt_is_sent_waited_for_or_skipped(Reach reach, WindowState window, DispatchVerdict verdict, SkipReason? reason) =>
        Assert.Equal(new DispatchDecision(verdict, reason), Dispatch.Judge(new RecordState { Status = DeviceRecordStatus.Pending }, reach, window, T0));

    [Theory]
    [InlineData(Reach.Online, WindowState.Open, 0, DispatchVerdict.Send)]
    [InlineData(Reach.Online, WindowState.Open, 48, DispatchVerdict.Send)]
    [InlineData(Reach.Offline, WindowState.Open, 0, DispatchVerdict.Wait)]
    [InlineData(Reach.JustLost, WindowState.Open, 23, DispatchVerdict.Wait)]
    [InlineData(Reach.Online, WindowState.Closed, 23, DispatchVerdict.Wait)]
    [InlineData(Reach.Online, WindowState.NoneConfigured, 23, DispatchVerdict.Wait)]
    [InlineData(Reach.Offline, WindowState.Open, 24, DispatchVerdict.GiveUp)]
    [InlineData(Reach.Online, WindowState.Closed, 24, DispatchVerdict.GiveUp)]
    public void A_due_retry_waits_up_to_a_day_and_is_never_skipped(Reach reach, WindowState window, int hoursOverdue, DispatchVerdict verdict) =>
        Assert.Equal(new DispatchDecision(verdict), Dispatch.Judge(InBackoff(1), reach, window, T0.AddHours(hoursOverdue)));

    [Fact]
    public void A_retry_of_a_decommissioned_device_is_skipped() =>
        Assert.Equal(new DispatchDecision(DispatchVerdict.Skip, SkipReason.Decommissioned), Dispatch.Judge(InBackoff(1), Reach.Decommissioned, WindowState.Open, T0));

    [Theory]
    [InlineData(DeviceRecordStatus.Failed, 1, null, null)]
    [InlineData(DeviceRecordStatus.Pending, 1, null, null)]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.Offline, null)]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.OutsideMaintenanceWindow, null)]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.NoMaintenanceWindow, null)]
    [InlineData(DeviceRecordStatus.Pending, 0, null, "pending")]
    [InlineData(DeviceRecordStatus.Running, 1, null, "running")]
    [InlineData(DeviceRecordStatus.Completed, 1, null, "completed")]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.Cancelled, "skipped as cancelled")]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.Abandoned, "skipped as abandoned")]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.RolledBack, "skipped as rolled_back")]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.NotApproved, "skipped as not_approved")]
    [InlineData(DeviceRecordStatus.Skipped, 0, SkipReason.Decommissioned, "skipped as decommissioned")]
    public void Failed_waiting_or_untried_devices_can_be_retried(DeviceRecordStatus status, int attempt, SkipReason? reason, string? refusedAs)
    {
        var record = new RecordState { Status = status, Attempt = attempt, SkipReason = reason };
        var refusal = Dispatch.RefuseRetry(record, maxRetries: 3, Reach.Online, WindowState.Open);

        Assert.Equal(refusedAs is null, refusal is null);
        if (refusedAs is not null)
        {
            Assert.Equal(RefusalKind.Invalid, refusal!.Kind);
            Assert.EndsWith($"this one is {refusedAs}.", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, true)]
    [InlineData(3, 3, false)]
    [InlineData(4, 3, true)]
    public void A_manual_retry_is_charged_and_refused_when_all_are_used(int attempt, int maxRetries, bool refused)
    {
        var refusal = Dispatch.RefuseRetry(new RecordState { Status = DeviceRecordStatus.Failed, Attempt = attempt }, maxRetries, Reach.Online, WindowState.Open);

        Assert.Equal(refused, refusal is not null);
        if (refused)
        {
            Assert.Equal($"{attempt - 1}", refusal!.Details!["retryCount"]);
            Assert.Equal($"{maxRetries}", refusal.Details["maxRetries"]);
        }
    }

    [Fact]
    public void A_device_that_was_never_tried_is_not_charged()
    {
        var skipped = new RecordState { Status = DeviceRecordStatus.Skipped, SkipReason = SkipReason.Offline };

        Assert.Null(Dispatch.RefuseRetry(skipped, maxRetries: 0, Reach.Online, WindowState.Open));
    }

    [Theory]
    [InlineData(Reach.Offline, WindowState.Open, "The device is offline.")]
    [InlineData(Reach.JustLost, WindowState.Open, "The device is offline.")]
    [InlineData(Reach.Decommissioned, WindowState.Open, "The device is decommissioned.")]
    [InlineData(Reach.Online, WindowState.Closed, "The device is outside its maintenance window.")]
    [InlineData(Reach.Online, WindowState.NoneConfigured, "The device has no maintenance window, and this deployment respects them.")]
    public void A_device_that_cannot_or_may_not_be_reached_is_refused_with_the_reason(Reach reach, WindowState window, string sentence)
    {
        Assert.Equal(sentence, Dispatch.RefuseRetry(InBackoff(1), 3, reach, window)!.Message);
        Assert.Equal(sentence, Dispatch.RefuseRetry(new RecordState { Status = DeviceRecordStatus.Skipped, SkipReason = SkipReason.Offline }, 3, reach, window)!.Message);
    }

    private static RecordState InBackoff(int attempt) => new() { Status = DeviceRecordStatus.Pending, Attempt = attempt, NextAttemptAt = T0 };
}
