using Breeze.Core.Patches;

namespace Breeze.Core.Policies;

/// <summary>Whether a device is restarted after patches.</summary>
public enum RebootPolicy
{
    Never = 1,

    /// <summary>When a patch that was installed asks for it.</summary>
    IfRequired,

    /// <summary>After every run that installed something.</summary>
    Always,
}

/// <summary>A policy's patch settings, checked. <see cref="PatchSettingsText"/> reads and writes them.</summary>
public sealed record PatchSettings
{
    public const int DefaultDeadlineMinutes = 1440;
    public const int DefaultRebootDelayMinutes = 15;

    public static IReadOnlyList<PatchSource> AllSources { get; } = Enum.GetValues<PatchSource>();

    /// <summary>The sources that are scanned, approved and installed from; at least one.</summary>
    public IReadOnlyList<PatchSource> Sources { get; init; } = AllSources;

    public bool AutoApprove { get; init; }

    /// <summary>Which severities <see cref="AutoApprove"/> approves; never <see cref="PatchSeverity.Unknown"/>.</summary>
    public IReadOnlyList<PatchSeverity> AutoApproveSeverities { get; init; } = [];

    /// <summary>When it runs by itself; null: only when somebody asks.</summary>
    public PatchSchedule? Schedule { get; init; }

    public RebootPolicy RebootPolicy { get; init; } = RebootPolicy.IfRequired;

    /// <summary>0 to 1440; null: the default of 15.</summary>
    public int? RebootDelayMinutes { get; init; }

    /// <summary>1 to 43200: how long a job waits for a device that is offline or suppressed.</summary>
    public int DeadlineMinutes { get; init; } = DefaultDeadlineMinutes;

    /// <summary>Whether these settings approve a pending patch by themselves: its source and its severity are listed.</summary>
    /// <remarks>A patch whose severity nobody has classified is never approved without an operator.</remarks>
    public bool Approves(PatchSource source, PatchSeverity severity) =>
        AutoApprove && Sources.Contains(source) && AutoApproveSeverities.Contains(severity);
}
