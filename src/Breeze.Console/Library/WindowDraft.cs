using System.Globalization;
using Breeze.Contracts;
using Breeze.Contracts.Fleet;

namespace Breeze.Console.Library;

/// <summary>A maintenance window as its form has it.</summary>
public sealed class WindowDraft
{
    private const string InputFormat = "yyyy-MM-dd'T'HH:mm";

    /// <summary>As the server has it; null for a new one.</summary>
    public MaintenanceWindow? Stored { get; private init; }

    public string Name { get; set; } = "";

    public string Level { get; set; } = "organization";

    public Guid? TargetId { get; set; }

    /// <summary>Whose sites, groups and devices are offered.</summary>
    public Guid? OrgId { get; set; }

    public string TimeZone { get; set; } = "";

    /// <summary>The wall time of the first opening in the window's zone.</summary>
    public string Starts { get; set; } = "";

    public string Length { get; set; } = "2";

    public string Unit { get; set; } = "hours";

    public Recurrence Recurrence { get; private init; } = new();

    public bool AllowsDeployments { get; set; } = true;

    public bool SuppressesPatching { get; set; }

    public static WindowDraft New(Guid? org, DateTimeOffset now) => new()
    {
        OrgId = org,
        TargetId = org,
        TimeZone = TimeZoneInfo.Local.Id,
        Starts = new DateTime(now.Year, now.Month, now.Day, 22, 0, 0, DateTimeKind.Unspecified).ToString(InputFormat, CultureInfo.InvariantCulture),
    };

    public static WindowDraft Of(MaintenanceWindow window)
    {
        var (length, unit) = window.DurationMinutes switch
        {
            var m when m % 1440 == 0 => (m / 1440, "days"),
            var m when m % 60 == 0 => (m / 60, "hours"),
            var m => (m, "minutes"),
        };
        return new WindowDraft
        {
            Stored = window,
            Name = window.Name,
            Level = window.Scope.Level is { } level ? EnumName.Of(level) : "",
            TargetId = window.Scope.TargetId,
            OrgId = window.OrgId,
            TimeZone = window.TimeZone,
            Starts = TimeZoneInfo.ConvertTime(window.StartsAt, TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone)).ToString(InputFormat, CultureInfo.InvariantCulture),
            Length = length.ToString(CultureInfo.InvariantCulture),
            Unit = unit,
            Recurrence = Recurrence.Read(window.Recurrence),
            AllowsDeployments = window.AllowsDeployments,
            SuppressesPatching = window.SuppressesPatching,
        };
    }

    /// <summary>What is wrong before it is sent.</summary>
    public (string Field, string Text)? Fault =>
        !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone.Trim(), out _) ? ("timeZone", $"“{TimeZone}” is no time zone; for example Europe/Zurich.")
        : StartsAt is null ? ("startsAt", "Give the day and the time of the first opening.")
        : TargetId is null ? ("scope.targetId", "Choose what the window is for.")
        : null;

    public MaintenanceWindowBody Body => new()
    {
        Name = Name,
        Scope = new WindowScope { Level = EnumName.TryParse<WindowLevel>(Level, out var level) ? level : null, TargetId = TargetId },
        TimeZone = TimeZone.Trim(),
        StartsAt = StartsAt,
        DurationMinutes = Minutes,
        Recurrence = Recurrence.Text,
        AllowsDeployments = AllowsDeployments,
        SuppressesPatching = SuppressesPatching,
    };

    // A number that is none is refused by the server, beside its field.
    private int Minutes => int.TryParse(Length, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= 100_000
        ? length * Unit switch { "days" => 1440, "hours" => 60, _ => 1 }
        : 0;

    private DateTimeOffset? StartsAt =>
        DateTime.TryParse(Starts, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone.Trim(), out var zone)
            ? new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified)))
            : null;
}
