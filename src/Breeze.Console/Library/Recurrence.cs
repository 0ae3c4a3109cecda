using System.Globalization;
using System.Text.RegularExpressions;

namespace Breeze.Console.Library;

/// <summary>An RFC 5545 rule as its form has it; what the form cannot show is kept as text.</summary>
public sealed partial class Recurrence
{
    public static IReadOnlyList<(string Code, string Name)> Days { get; } =
        [("MO", "Monday"), ("TU", "Tuesday"), ("WE", "Wednesday"), ("TH", "Thursday"), ("FR", "Friday"), ("SA", "Saturday"), ("SU", "Sunday")];

    /// <summary><c>none, daily, weekly, monthly, rule</c>.</summary>
    public string Kind { get; set; } = "none";

    public int Interval { get; set; } = 1;

    /// <summary>Of a weekly one: <c>MO</c> …</summary>
    public HashSet<string> Weekdays { get; } = new(StringComparer.Ordinal);

    /// <summary>Of a monthly one: <c>date</c> or <c>weekday</c>.</summary>
    public string MonthlyBy { get; set; } = "date";

    public int MonthDay { get; set; } = 1;

    /// <summary>1 to 4, or -1 for the last.</summary>
    public int Nth { get; set; } = 1;

    public string NthDay { get; set; } = "SA";

    /// <summary>The last day, <c>yyyy-MM-dd</c>; empty for none.</summary>
    public string Until { get; set; } = "";

    /// <summary>The rule as it is typed, of kind <c>rule</c>.</summary>
    public string Rule { get; set; } = "";

    /// <summary>The rule for the server; null for none.</summary>
    public string? Text => Kind switch
    {
        "none" => null,
        "rule" => Rule.Trim(),
        _ => string.Join(';', new[] { $"FREQ={Kind.ToUpperInvariant()}", Interval == 1 ? null : $"INTERVAL={Interval}", By, End }.OfType<string>()),
    };

    private string? By => Kind switch
    {
        "weekly" when Weekdays.Count > 0 => "BYDAY=" + string.Join(',', Days.Where(d => Weekdays.Contains(d.Code)).Select(d => d.Code)),
        "monthly" when MonthlyBy == "date" => $"BYMONTHDAY={MonthDay}",
        "monthly" => $"BYDAY={Nth}{NthDay}",
        _ => null,
    };

    private string? End => DateOnly.TryParse(Until, CultureInfo.InvariantCulture, out var day) ? $"UNTIL={day:yyyyMMdd}" : null;

    public static Recurrence Read(string? text)
    {
        var read = new Recurrence();
        if (string.IsNullOrWhiteSpace(text))
        {
            return read;
        }

        if (!read.Take(text))
        {
            read = new Recurrence { Kind = "rule", Rule = text };
        }

        return read;
    }

    /// <summary>As a sentence without its end: "every 2 weeks on Saturday and Sunday"; null for a rule that it cannot tell.</summary>
    public string? Words => Kind switch
    {
        "none" => "once",
        "daily" => Every("day"),
        "weekly" => Every("week") + (Weekdays.Count == 0 ? "" : " on " + List([.. Days.Where(d => Weekdays.Contains(d.Code)).Select(d => d.Name)])),
        "monthly" when MonthlyBy == "date" => Every("month") + (MonthDay == -1 ? " on its last day" : $" on day {MonthDay}"),
        "monthly" => Every("month") + $" on the {Ordinal} {Days.First(d => d.Code == NthDay).Name}",
        _ => null,
    } is { } words ? words + (Until.Length > 0 ? $" until {Until}" : "") : null;

    private string Ordinal => Nth switch { -1 => "last", 1 => "first", 2 => "second", 3 => "third", _ => "fourth" };

    private string Every(string unit) => Interval == 1 ? $"every {unit}" : $"every {Interval} {unit}s";

    private static string List(IReadOnlyList<string> names) => names.Count == 1 ? names[0] : string.Join(", ", names.SkipLast(1)) + " and " + names[^1];

    private bool Take(string text)
    {
        var rule = text.Trim().ToUpperInvariant();
        var parts = (rule.StartsWith("RRULE:", StringComparison.Ordinal) ? rule[6..] : rule).Split(';').Select(p => p.Split('=')).ToList();
        if (parts.Any(p => p.Length != 2))
        {
            return false;
        }

        Kind = parts.FirstOrDefault(p => p[0] == "FREQ")?[1] switch { "DAILY" => "daily", "WEEKLY" => "weekly", "MONTHLY" => "monthly", _ => "rule" };
        return Kind != "rule" && parts.All(p => TakePart(p[0], p[1])) && (Kind != "monthly" || parts.Any(p => p[0] is "BYDAY" or "BYMONTHDAY"));
    }

    private bool TakePart(string name, string value)
    {
        switch (name)
        {
            case "FREQ":
                return true;
            case "INTERVAL":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var interval) && (Interval = interval) > 0;
            case "UNTIL" when DateOnly.TryParseExact(value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day):
                Until = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                return true;
            case "BYDAY" when Kind == "weekly" && value.Split(',').All(d => Days.Any(known => known.Code == d)):
                Weekdays.UnionWith(value.Split(','));
                return true;
            case "BYDAY" when Kind == "monthly" && NthWeekday().Match(value) is { Success: true } nth:
                (MonthlyBy, Nth, NthDay) = ("weekday", int.Parse(nth.Groups[1].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), nth.Groups[2].Value);
                return true;
            case "BYMONTHDAY" when Kind == "monthly" && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var date) && date is -1 or (>= 1 and <= 31):
                (MonthlyBy, MonthDay) = ("date", date);
                return true;
            default:
                return false;
        }
    }

    [GeneratedRegex("^([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU)$")]
    private static partial Regex NthWeekday();
}
