using System.Globalization;
using Breeze.Contracts.Policies;

namespace Breeze.Console.Policies;

/// <summary>Patch settings while they are edited: fields that do not apply keep what was typed, and are not sent.</summary>
public sealed class SettingsDraft
{
    public HashSet<string> Sources { get; init; } = [];

    public bool AutoApprove { get; set; }

    public HashSet<string> Severities { get; init; } = [];

    /// <summary>daily, weekly, monthly or empty for no schedule.</summary>
    public string Frequency { get; set; } = "";

    public string Time { get; set; } = "02:00";

    public string DayOfWeek { get; set; } = "sun";

    public string DayOfMonth { get; set; } = "1";

    public string Reboot { get; set; } = "if_required";

    public string RebootDelay { get; set; } = "15";

    public string Deadline { get; set; } = "1440";

    /// <param name="settings">Null: the defaults, as the server has them.</param>
    public static SettingsDraft From(PatchSettingsBody? settings, IEnumerable<string> allSources) => new()
    {
        Sources = [.. settings?.Sources ?? [.. allSources]],
        AutoApprove = settings?.AutoApprove ?? false,
        Severities = [.. settings?.AutoApproveSeverities ?? []],
        Frequency = settings?.ScheduleFrequency ?? "",
        Time = settings?.ScheduleTime ?? "02:00",
        DayOfWeek = settings?.ScheduleDayOfWeek ?? "sun",
        DayOfMonth = (settings?.ScheduleDayOfMonth ?? 1).ToString(CultureInfo.InvariantCulture),
        Reboot = settings?.RebootPolicy ?? "if_required",
        RebootDelay = (settings?.RebootDelayMinutes ?? 15).ToString(CultureInfo.InvariantCulture),
        Deadline = (settings?.DeadlineMinutes ?? 1440).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>What is sent; a number that cannot be read is named.</summary>
    public PatchSettingsBody? ToBody(out string? unreadable)
    {
        unreadable = null;
        var day = Frequency == "monthly" ? Read(DayOfMonth, "scheduleDayOfMonth", ref unreadable) : null;
        var delay = Reboot == "never" ? null : Read(RebootDelay, "rebootDelayMinutes", ref unreadable);
        var deadline = Read(Deadline, "deadlineMinutes", ref unreadable);
        return unreadable is not null ? null : new()
        {
            Sources = [.. Sources],
            AutoApprove = AutoApprove,
            AutoApproveSeverities = AutoApprove ? [.. Severities] : null,
            ScheduleFrequency = Frequency.Length == 0 ? null : Frequency,
            ScheduleTime = Frequency.Length == 0 ? null : Time,
            ScheduleDayOfWeek = Frequency == "weekly" ? DayOfWeek : null,
            ScheduleDayOfMonth = day,
            RebootPolicy = Reboot,
            RebootDelayMinutes = delay,
            DeadlineMinutes = deadline,
        };
    }

    private static int? Read(string text, string field, ref string? unreadable)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        unreadable ??= field;
        return null;
    }
}
