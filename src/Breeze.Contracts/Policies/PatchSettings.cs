namespace Breeze.Contracts.Policies;

/// <summary>The <c>inlineSettings</c> of a policy's patch feature, as they cross the wire and as they are stored.</summary>
/// <remarks>Members that are left out take their default; what is answered names every one that has an effect.</remarks>
public sealed record PatchSettingsBody
{
    /// <summary>microsoft, apple, linux, third_party, custom; null means all of them.</summary>
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>Approve pending patches of the listed severities without an operator; null means false.</summary>
    public bool? AutoApprove { get; init; }

    /// <summary>critical, important, moderate, low. At least one where <see cref="AutoApprove"/> is true.</summary>
    public IReadOnlyList<string>? AutoApproveSeverities { get; init; }

    /// <summary>daily, weekly or monthly; null: no schedule.</summary>
    public string? ScheduleFrequency { get; init; }

    /// <summary>HH:MM, 24 hours, on the clock of the site's time zone (UTC without one). Required with a frequency.</summary>
    public string? ScheduleTime { get; init; }

    /// <summary>sun, mon, tue, wed, thu, fri or sat. Required for weekly, refused for others.</summary>
    public string? ScheduleDayOfWeek { get; init; }

    /// <summary>1 to 31; in a shorter month its last day. Required for monthly, refused for others.</summary>
    public int? ScheduleDayOfMonth { get; init; }

    /// <summary>never, if_required or always; null means if_required.</summary>
    public string? RebootPolicy { get; init; }

    /// <summary>0 to 1440: how long a device announces its reboot; null means 15.</summary>
    public int? RebootDelayMinutes { get; init; }

    /// <summary>1 to 43200: how long a job waits for a device that is offline or suppressed; null means 1440.</summary>
    public int? DeadlineMinutes { get; init; }
}
