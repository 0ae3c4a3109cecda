namespace Breeze.Contracts.Policies;

/// <summary>What <c>POST /configuration-policies/schedule-preview</c> takes.</summary>
public sealed record SchedulePreviewBody
{
    /// <summary>Settings as a policy takes them.</summary>
    public PatchSettingsBody? InlineSettings { get; init; }

    /// <summary>An IANA zone, for example <c>Europe/Zurich</c>; null means UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>1 to 20; null means 5.</summary>
    public int? Count { get; init; }
}

/// <summary>A time at which a schedule runs.</summary>
/// <param name="LocalTime">The same on the clock of the time zone, for example <c>2026-03-29T03:00</c>.</param>
public sealed record ScheduledRun(DateTimeOffset At, string LocalTime);

/// <summary>When a policy runs.</summary>
/// <param name="Zones">Of the sites with devices that its assignments reach, in order of their names; at most 100. Empty without a schedule.</param>
public sealed record PolicySchedule(Guid PolicyId, IReadOnlyList<ZoneSchedule> Zones);

/// <summary>When a policy runs on the clocks of one time zone.</summary>
/// <param name="LastRun">What became of the latest occurrence; null when there was none.</param>
public sealed record ZoneSchedule(string TimeZone, IReadOnlyList<ScheduledRun> Next, LastPolicyRun? LastRun);

/// <summary>What became of an occurrence.</summary>
/// <param name="Outcome">ran, nobody (the policy governed no device) or missed (nothing could run it for 24 hours).</param>
/// <param name="JobIds">The jobs that were made, one an organization; at most 20.</param>
public sealed record LastPolicyRun(DateTimeOffset At, string LocalTime, string Outcome, IReadOnlyList<Guid> JobIds);

/// <summary>Where a device's patch settings come from.</summary>
/// <param name="Effective">What it obeys; null: no policy governs it.</param>
/// <param name="Candidates">Every assignment that reaches it, the one that wins first and the others in the order in which they would take its place; at most 100.</param>
public sealed record DevicePatchConfig(Guid DeviceId, EffectivePatchConfig? Effective, IReadOnlyList<PolicyCandidate> Candidates);

/// <summary>An assignment by which a policy reaches a device.</summary>
/// <param name="Name">The policy's.</param>
/// <param name="TargetName">What the partner, organization, site, group or device is called.</param>
public sealed record PolicyCandidate(
    Guid PolicyId, string Name, PolicyLevel Level, Guid TargetId, string TargetName, int Priority, bool IsWinning);
