using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>Whether a device can be reached.</summary>
public enum Reach
{
    Online = 1,

    /// <summary>Away for less than a minute, or its silo has just died: waited for, not skipped.</summary>
    JustLost,
    Offline,
    Decommissioned,
}

/// <summary>Whether a device may be touched now.</summary>
public enum WindowState
{
    /// <summary>Inside a window, or windows are not respected.</summary>
    Open = 1,
    Closed,
    NoneConfigured,
}

public enum DispatchVerdict
{
    Send = 1,
    Wait,
    Skip,
    GiveUp,
}

/// <summary>What to do with a record whose attempt is due.</summary>
public readonly record struct DispatchDecision(DispatchVerdict Verdict, SkipReason? Reason = null);

/// <summary>Judges one due record at the moment of its dispatch.</summary>
public static class Dispatch
{
    /// <summary>
    /// A first attempt is sent, skipped, or (just lost) waited for; a retry is never skipped: it waits for its device and window up to
    /// <see cref="DeviceAttempt.Patience"/> from when it was due. Where there is a deadline, a first attempt waits until then.
    /// </summary>
    /// <param name="deadline">Until when a run waits for devices that are away or may not be touched; null: it does not wait.</param>
    public static DispatchDecision Judge(RecordState record, Reach reach, WindowState window, DateTimeOffset now, DateTimeOffset? deadline = null)
    {
        if (reach == Reach.Decommissioned)
        {
            return new(DispatchVerdict.Skip, SkipReason.Decommissioned);
        }

        if (record.Attempt > 0)
        {
            if (reach == Reach.Online && window == WindowState.Open)
            {
                return new(DispatchVerdict.Send);
            }

            var isOver = record.NextAttemptAt is { } due && now - due >= DeviceAttempt.Patience;
            return new(isOver ? DispatchVerdict.GiveUp : DispatchVerdict.Wait);
        }

        if (deadline is { } until)
        {
            var canStart = reach == Reach.Online && window == WindowState.Open;
            return canStart ? new(DispatchVerdict.Send)
                : now < until ? new(DispatchVerdict.Wait)
                : new(DispatchVerdict.Skip, reach == Reach.Online ? SkipReason.OutsideMaintenanceWindow : SkipReason.Offline);
        }

        return (reach, window) switch
        {
            (_, WindowState.NoneConfigured) => new(DispatchVerdict.Skip, SkipReason.NoMaintenanceWindow),
            (_, WindowState.Closed) => new(DispatchVerdict.Skip, SkipReason.OutsideMaintenanceWindow),
            (Reach.Offline, _) => new(DispatchVerdict.Skip, SkipReason.Offline),
            (Reach.JustLost, _) => new(DispatchVerdict.Wait),
            _ => new(DispatchVerdict.Send),
        };
    }

    /// <summary>Whether an operator may retry this record now; null when so, else the sentence that says why not.</summary>
    public static Refusal? RefuseRetry(RecordState record, int maxRetries, Reach reach, WindowState window)
    {
        var wasNotTried = record is { Status: DeviceRecordStatus.Skipped, SkipReason: SkipReason.Offline or SkipReason.OutsideMaintenanceWindow or SkipReason.NoMaintenanceWindow };
        var isInBackoff = record is { Status: DeviceRecordStatus.Pending, Attempt: > 0 };
        if (!wasNotTried && !isInBackoff && record.Status != DeviceRecordStatus.Failed)
        {
            var word = record.Status == DeviceRecordStatus.Skipped ? $"skipped as {Snake(record.SkipReason!.Value)}" : record.Status.ToString().ToLowerInvariant();
            return Refusal.Invalid($"Only a device that failed, waits for a retry, or was skipped as offline or by windows can be retried; this one is {word}.", "deviceId");
        }

        if (!wasNotTried && record.RetryCount >= maxRetries && record.Attempt > 0)
        {
            return new Refusal(
                RefusalKind.Invalid,
                $"The device has used {record.RetryCount} of {maxRetries} retries; no further automatic or manual retry is permitted.",
                "deviceId",
                new Dictionary<string, string>
                {
                    ["retryCount"] = record.RetryCount.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    ["maxRetries"] = maxRetries.ToString(System.Globalization.CultureInfo.InvariantCulture),
                });
        }

        return (reach, window) switch
        {
            (Reach.Decommissioned, _) => Refusal.Invalid("The device is decommissioned.", "deviceId"),
            (not Reach.Online, _) => Refusal.Invalid("The device is offline.", "deviceId"),
            (_, WindowState.Closed) => Refusal.Invalid("The device is outside its maintenance window.", "deviceId"),
            (_, WindowState.NoneConfigured) => Refusal.Invalid("The device has no maintenance window, and this deployment respects them.", "deviceId"),
            _ => null,
        };
    }

    private static string Snake(SkipReason reason) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
