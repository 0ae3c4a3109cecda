using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.Text;

namespace Breeze.Core.Fleet;

/// <summary>An RFC 5545 recurrence rule, checked part by part before the calendar library sees it (which skips what it does not know).</summary>
/// <param name="Rule">The rule without <c>UNTIL</c>, upper case, parts in the order given.</param>
/// <param name="UntilInstant">The last start, where the rule names it in UTC.</param>
/// <param name="UntilLocal">The last start, where the rule names it in local time; a bare date means all of that day.</param>
internal sealed partial record RecurrenceText(string Rule, Instant? UntilInstant, LocalDateTime? UntilLocal)
{
    private const int MaxLength = 500;

    /// <summary>Reads the text of a rule, with or without <c>RRULE:</c> before it.</summary>
    public static Answer<RecurrenceText> Read(string text, string path)
    {
        if (text.Length > MaxLength)
        {
            return Refusal.Invalid($"{path} is longer than {MaxLength} characters.", path);
        }

        var rule = text.Trim().ToUpperInvariant();
        rule = rule.StartsWith("RRULE:", StringComparison.Ordinal) ? rule[6..] : rule;
        var parts = new List<(string Name, string Value)>();
        foreach (var part in rule.Split(';'))
        {
            var (name, value) = part.IndexOf('=') is var at and > 0 ? (part[..at], part[(at + 1)..]) : (part, "");
            if ((Twice(parts, name) ?? Fault(name, value)) is { } fault)
            {
                return Refusal.Invalid($"{path}: {fault}", path);
            }

            parts.Add((name, value));
        }

        if (!parts.Any(p => p.Name == "FREQ"))
        {
            return Refusal.Invalid($"{path}: FREQ is required.", path);
        }

        if (parts.Any(p => p.Name == "UNTIL") && parts.Any(p => p.Name == "COUNT"))
        {
            return Refusal.Invalid($"{path}: UNTIL and COUNT exclude each other.", path);
        }

        var until = parts.FirstOrDefault(p => p.Name == "UNTIL").Value;
        var kept = string.Join(';', parts.Where(p => p.Name != "UNTIL").Select(p => $"{p.Name}={p.Value}"));
        return new RecurrenceText(kept, UntilUtc(until), UntilIn(until));
    }

    private static string? Twice(List<(string Name, string Value)> parts, string name) =>
        parts.Any(p => p.Name == name) ? $"{name} is given twice." : null;

    private static string? Fault(string name, string value) => name switch
    {
        "FREQ" => value is "DAILY" or "WEEKLY" or "MONTHLY" or "YEARLY" ? null : "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY.",
        "INTERVAL" => InRange(value, 1, 1_000) ? null : "INTERVAL must be from 1 to 1000.",
        "COUNT" => InRange(value, 1, 10_000) ? null : "COUNT must be from 1 to 10000.",
        "UNTIL" => UntilUtc(value) is null && UntilIn(value) is null ? "UNTIL must be 20261231, 20261231T235959 or 20261231T235959Z." : null,
        "BYDAY" => Days().IsMatch(value) ? null : "BYDAY must be a list of SU, MO, TU, WE, TH, FR, SA, each with a number before it or not.",
        "BYMONTHDAY" => Numbers(name, value, 1, 31, signed: true),
        "BYYEARDAY" => Numbers(name, value, 1, 366, signed: true),
        "BYWEEKNO" => Numbers(name, value, 1, 53, signed: true),
        "BYMONTH" => Numbers(name, value, 1, 12, signed: false),
        "BYSETPOS" => Numbers(name, value, 1, 366, signed: true),
        "BYHOUR" => Numbers(name, value, 0, 23, signed: false),
        "BYMINUTE" => InRange(value, 0, 59) ? null : "BYMINUTE must be one number from 0 to 59.",
        "WKST" => value is "SU" or "MO" or "TU" or "WE" or "TH" or "FR" or "SA" ? null : "WKST must be a day of the week.",
        _ => $"\"{Shown.Text(name)}\" is no part of a window's recurrence.",
    };

    private static bool InRange(string value, int low, int high) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high;

    private static string? Numbers(string name, string value, int low, int high, bool signed) =>
        value.Split(',').All(n => InRange(signed && n.StartsWith('-') ? n[1..] : n, low, high))
            ? null
            : $"{name} must be a list of numbers from {low} to {high}{(signed ? ", or their negatives to count from the end" : "")}.";

    private static Instant? UntilUtc(string? value) =>
        value is not null && InstantPattern.CreateWithInvariantCulture("yyyyMMdd'T'HHmmss'Z'").Parse(value) is { Success: true } parsed
            ? parsed.Value
            : null;

    private static LocalDateTime? UntilIn(string? value)
    {
        if (value is null)
        {
            return null;
        }

        if (LocalDateTimePattern.CreateWithInvariantCulture("yyyyMMdd'T'HHmmss").Parse(value) is { Success: true } time)
        {
            return time.Value;
        }

        return LocalDatePattern.CreateWithInvariantCulture("yyyyMMdd").Parse(value) is { Success: true } date
            ? date.Value.At(LocalTime.MaxValue)
            : null;
    }

    [GeneratedRegex(@"^([+-]?[1-9][0-9]?)?(SU|MO|TU|WE|TH|FR|SA)(,([+-]?[1-9][0-9]?)?(SU|MO|TU|WE|TH|FR|SA)){0,20}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Days();
}
