using System.Globalization;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Core.Patches;

namespace Breeze.Core.Policies;

/// <summary>Reads patch settings from the document a caller sent, and writes them the same way.</summary>
public static class PatchSettingsText
{
    public const int MaxRebootDelayMinutes = 1440;
    public const int MaxDeadlineMinutes = 43_200;

    private const string Time = "HH:mm";

    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>The settings, or the refusal that names the member at fault.</summary>
    /// <param name="path">What the document is called in the body.</param>
    public static Answer<PatchSettings> Parse(PatchSettingsBody body, string path = "inlineSettings")
    {
        var sources = Names<PatchSource>(body.Sources, $"{path}.sources");
        var severities = Names<PatchSeverity>(body.AutoApproveSeverities, $"{path}.autoApproveSeverities");
        var schedule = ParseSchedule(body, path);
        var reboot = RebootPolicy.IfRequired;
        var refusal = sources.Refusal
            ?? (sources.Value is { Count: 0 } ? Refusal.Invalid($"{path}.sources must name at least one source; leave it out for all.", $"{path}.sources") : null)
            ?? severities.Refusal
            ?? RefuseSeverities(body, severities.Value, $"{path}.autoApproveSeverities")
            ?? schedule.Refusal
            ?? (body.RebootPolicy is not null && !EnumName.TryParse(body.RebootPolicy, out reboot)
                ? Refusal.Invalid($"{path}.rebootPolicy must be one of {EnumName.Allowed<RebootPolicy>()}.", $"{path}.rebootPolicy") : null)
            ?? Bounds(body.RebootDelayMinutes, 0, MaxRebootDelayMinutes, $"{path}.rebootDelayMinutes")
            ?? Bounds(body.DeadlineMinutes, 1, MaxDeadlineMinutes, $"{path}.deadlineMinutes");
        return refusal is not null ? refusal : new PatchSettings
        {
            Sources = sources.Value ?? PatchSettings.AllSources,
            AutoApprove = body.AutoApprove ?? false,
            AutoApproveSeverities = severities.Value ?? [],
            Schedule = schedule.Value!.Schedule,
            RebootPolicy = reboot == 0 ? RebootPolicy.IfRequired : reboot,
            RebootDelayMinutes = body.RebootDelayMinutes,
            DeadlineMinutes = body.DeadlineMinutes ?? PatchSettings.DefaultDeadlineMinutes,
        };
    }

    /// <summary>The settings as the wire has them; <see cref="Parse"/> of it gives the same back.</summary>
    public static PatchSettingsBody ToBody(PatchSettings settings) => new()
    {
        Sources = [.. settings.Sources.Select(EnumName.Of)],
        AutoApprove = settings.AutoApprove,
        AutoApproveSeverities = [.. settings.AutoApproveSeverities.Select(EnumName.Of)],
        ScheduleFrequency = settings.Schedule is { } s ? EnumName.Of(s.Frequency) : null,
        ScheduleTime = settings.Schedule?.Time.ToString(Time, CultureInfo.InvariantCulture),
        ScheduleDayOfWeek = settings.Schedule?.DayOfWeek is { } day ? Days[(int)day] : null,
        ScheduleDayOfMonth = settings.Schedule?.DayOfMonth,
        RebootPolicy = EnumName.Of(settings.RebootPolicy),
        RebootDelayMinutes = settings.RebootDelayMinutes ?? PatchSettings.DefaultRebootDelayMinutes,
        DeadlineMinutes = settings.DeadlineMinutes,
    };

    /// <summary>For a column.</summary>
    public static string Write(PatchSettings settings) => JsonSerializer.Serialize(ToBody(settings), BreezeJson.Options);

    /// <summary>What <see cref="Write"/> wrote.</summary>
    public static PatchSettings Read(string json) =>
        Parse(JsonSerializer.Deserialize<PatchSettingsBody>(json, BreezeJson.Lenient)!) switch
        {
            { Value: { } settings } => settings,
            var refused => throw new InvalidOperationException($"Stored patch settings cannot be read: {refused.Refusal!.Message}"),
        };

    private static Answer<IReadOnlyList<T>?> Names<T>(IReadOnlyList<string>? names, string path)
        where T : struct, Enum
    {
        var values = new List<T>();
        for (var i = 0; i < names?.Count; i++)
        {
            if (!EnumName.TryParse<T>(names[i], out var value))
            {
                return Refusal.Invalid($"{path}[{i}] must be one of {EnumName.Allowed<T>()}.", $"{path}[{i}]");
            }

            values.Add(value);
        }

        return new Answer<IReadOnlyList<T>?> { Value = names is null ? null : [.. values.Distinct()] };
    }

    private static Refusal? RefuseSeverities(PatchSettingsBody body, IReadOnlyList<PatchSeverity>? severities, string path) =>
        severities?.Contains(PatchSeverity.Unknown) == true
            ? Refusal.Invalid($"{path} cannot name unknown: what nobody has classified is not approved by itself.", path)
            : body.AutoApprove == true && severities is not { Count: > 0 }
                ? Refusal.Invalid($"{path} must name at least one severity while autoApprove is true.", path)
                : null;

    private static Answer<Scheduled> ParseSchedule(PatchSettingsBody body, string path)
    {
        if (body.ScheduleFrequency is null)
        {
            return Stray(body.ScheduleTime, "scheduleTime") ?? Stray(body.ScheduleDayOfWeek, "scheduleDayOfWeek")
                ?? Stray(body.ScheduleDayOfMonth, "scheduleDayOfMonth") ?? (Answer<Scheduled>)new Scheduled(null);

            Refusal? Stray(object? given, string member) => given is null
                ? null
                : Refusal.Invalid($"{path}.{member} needs a scheduleFrequency.", $"{path}.{member}");
        }

        if (!EnumName.TryParse<ScheduleFrequency>(body.ScheduleFrequency, out var frequency))
        {
            return Refusal.Invalid($"{path}.scheduleFrequency must be one of {EnumName.Allowed<ScheduleFrequency>()}.", $"{path}.scheduleFrequency");
        }

        if (!TimeOnly.TryParseExact(body.ScheduleTime, Time, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return Refusal.Invalid($"{path}.scheduleTime must be a time of day as HH:MM, from 00:00 to 23:59.", $"{path}.scheduleTime");
        }

        var day = Array.IndexOf(Days, body.ScheduleDayOfWeek);
        var refusal = Belongs(frequency == ScheduleFrequency.Weekly, body.ScheduleDayOfWeek is not null, day >= 0, $"{path}.scheduleDayOfWeek", "weekly", "sun, mon, tue, wed, thu, fri or sat")
            ?? Belongs(frequency == ScheduleFrequency.Monthly, body.ScheduleDayOfMonth is not null, body.ScheduleDayOfMonth is >= 1 and <= 31, $"{path}.scheduleDayOfMonth", "monthly", "a day from 1 to 31");
        return refusal is not null ? refusal : new Scheduled(new PatchSchedule(frequency, time, day < 0 ? null : (DayOfWeek)day, body.ScheduleDayOfMonth));
    }

    private static Refusal? Belongs(bool wanted, bool given, bool fits, string path, string frequency, string what) =>
        wanted && !fits ? Refusal.Invalid($"{path} must be {what} for a {frequency} schedule.", path)
        : given && !wanted ? Refusal.Invalid($"{path} belongs to a {frequency} schedule.", path)
        : null;

    private static Refusal? Bounds(int? value, int least, int most, string path) =>
        value is null || (value >= least && value <= most) ? null : Refusal.Invalid($"{path} must be from {least} to {most}.", path);

    // Null is a schedule too: none.
    private sealed record Scheduled(PatchSchedule? Schedule);
}
