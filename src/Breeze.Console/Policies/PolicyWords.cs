using System.Globalization;
using Breeze.Console.Patches;
using Breeze.Console.Shell;
using Breeze.Contracts.Policies;

namespace Breeze.Console.Policies;

/// <summary>Patch settings in sentences.</summary>
public static class PolicyWords
{
    /// <summary>The name of a policy's one kind of settings.</summary>
    public const string PatchFeature = "patch";

    public static IReadOnlyList<(string Value, string Text)> Days { get; } =
    [
        ("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"), ("fri", "Friday"), ("sat", "Saturday"), ("sun", "Sunday"),
    ];

    public static IReadOnlyList<(string Value, string Text)> Reboots { get; } =
    [
        ("never", "Never"), ("if_required", "If a patch requires it"), ("always", "Always"),
    ];

    /// <summary>Severities that can be approved without an operator.</summary>
    public static IReadOnlyList<(string Value, string Text)> Severities { get; } = Choice.Of("critical", "important", "moderate", "low");

    public static PatchSettingsBody? Patch(ConfigurationPolicy policy) =>
        policy.Features.FirstOrDefault(f => f.FeatureType == PatchFeature)?.InlineSettings;

    /// <summary>"Every Sunday at 02:00"; "No schedule".</summary>
    public static string Schedule(PatchSettingsBody settings) => settings.ScheduleFrequency switch
    {
        "daily" => $"Every day at {settings.ScheduleTime}",
        "weekly" => $"Every {Name(Days, settings.ScheduleDayOfWeek)} at {settings.ScheduleTime}",
        "monthly" => string.Create(CultureInfo.InvariantCulture, $"On day {settings.ScheduleDayOfMonth} of every month at {settings.ScheduleTime}"),
        _ => "No schedule: it runs when somebody runs it",
    };

    public static string Sources(PatchSettingsBody settings) =>
        settings.Sources is not { Count: > 0 } sources || sources.Count == PatchWords.Sources.Count ? "All sources" : string.Join(", ", sources.Select(PatchWords.Source));

    public static string AutoApproval(PatchSettingsBody settings) => settings.AutoApprove != true
        ? "Nothing by itself"
        : $"{Words.Sentence(string.Join(", ", settings.AutoApproveSeverities ?? []))} patches that are pending";

    public static string Reboot(PatchSettingsBody settings) => settings.RebootPolicy == "never"
        ? "Never"
        : $"{Name(Reboots, settings.RebootPolicy ?? "if_required")}, announced {Instants.Long(TimeSpan.FromMinutes(settings.RebootDelayMinutes ?? 15))} before";

    public static string Deadline(PatchSettingsBody settings) =>
        $"{Instants.Long(TimeSpan.FromMinutes(settings.DeadlineMinutes ?? 1440))} for devices that are offline or may not be patched at the time";

    /// <summary>On one line, for lists.</summary>
    public static string Summary(PatchSettingsBody settings) => $"{Schedule(settings)} · {Sources(settings)}";

    private static string Name(IReadOnlyList<(string Value, string Text)> names, string? name) =>
        names.FirstOrDefault(n => n.Value == name).Text ?? Words.Sentence(name);
}
