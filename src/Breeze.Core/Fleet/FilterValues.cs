using System.Text.Json;

namespace Breeze.Core.Fleet;

/// <summary>Reads the <c>value</c> of a condition as its field and operator want it.</summary>
/// <remarks>
/// <c>between</c> takes <c>{from, to}</c> or a list of two, both ends included; <c>withinLast</c> takes <c>{amount, unit}</c> with unit
/// minutes, hours, days or weeks. <c>isEmpty</c>, <c>isNull</c> and their negations take no value.
/// </remarks>
internal static class FilterValues
{
    private const int MaxItems = 1_000;

    // Each of these becomes a subquery of its own; a device has no more tags than this.
    private const int MaxSetItems = 50;
    private const int MaxTextLength = 1_000;

    public static FilterValue Read(FilterField field, FilterTest test, JsonElement value, string path) => test switch
    {
        FilterTest.IsEmpty or FilterTest.IsNull => Nothing(value, path),
        FilterTest.WithinLast => Span(value, path),
        FilterTest.Between => Between(field, value, path),
        FilterTest.In or FilterTest.HasAny or FilterTest.HasAll => Items(field, value, path),
        FilterTest.GreaterThan or FilterTest.GreaterThanOrEqual or FilterTest.LessThan or FilterTest.LessThanOrEqual =>
            new FilterValue.Numbers([Number(value, path)]),
        _ => One(field, test, value, path),
    };

    private static FilterValue Nothing(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
            ? FilterValue.None
            : throw FilterParser.Refuse(path, "is not wanted: the operator takes no value.");

    private static FilterValue.Span Span(JsonElement value, string path)
    {
        var amount = Member(value, "amount", path);
        if (!amount.TryGetInt32(out var count) || count is < 1 or > 100_000)
        {
            throw FilterParser.Refuse($"{path}.amount", "must be a whole number from 1 to 100000.");
        }

        return new FilterValue.Span(Text(Member(value, "unit", path), $"{path}.unit") switch
        {
            "minutes" => TimeSpan.FromMinutes(count),
            "hours" => TimeSpan.FromHours(count),
            "days" => TimeSpan.FromDays(count),
            "weeks" => TimeSpan.FromDays(7L * count),
            var other => throw FilterParser.Refuse($"{path}.unit", $"is \"{Shown.Text(other)}\"; it must be minutes, hours, days or weeks."),
        });

        static JsonElement Member(JsonElement value, string name, string path)
        {
            if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(m => m.Name is not ("amount" or "unit")))
            {
                throw FilterParser.Refuse(path, "must be {amount, unit}.");
            }

            return value.TryGetProperty(name, out var member) && (name != "amount" || member.ValueKind == JsonValueKind.Number)
                ? member
                : throw FilterParser.Refuse($"{path}.{name}", "is required, a number for amount and text for unit.");
        }
    }

    private static FilterValue Between(FilterField field, JsonElement value, string path)
    {
        var (from, to, fromPath, toPath) = Ends(value, path);
        if (field.Kind == FieldKind.Time)
        {
            var (start, end) = (Time(from, fromPath), Time(to, toPath));
            return start <= end
                ? new FilterValue.Times([start, end])
                : throw FilterParser.Refuse(path, "ends before it starts.");
        }

        var (low, high) = (Number(from, fromPath), Number(to, toPath));
        return low <= high ? new FilterValue.Numbers([low, high]) : throw FilterParser.Refuse(path, "ends before it starts.");
    }

    private static (JsonElement From, JsonElement To, string FromPath, string ToPath) Ends(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2)
        {
            return (value[0], value[1], $"{path}[0]", $"{path}[1]");
        }

        return value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 2
            && value.TryGetProperty("from", out var from) && value.TryGetProperty("to", out var to)
            ? (from, to, $"{path}.from", $"{path}.to")
            : throw FilterParser.Refuse(path, "must be {from, to} or a list of two.");
    }

    private static FilterValue Items(FilterField field, JsonElement value, string path)
    {
        var most = field.Kind is FieldKind.IdSet or FieldKind.TextSet ? MaxSetItems : MaxItems;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < 1 || value.GetArrayLength() > most)
        {
            throw FilterParser.Refuse(path, $"must be a list of 1 to {most} values.");
        }

        var items = value.EnumerateArray().Select((item, i) => (item, At: $"{path}[{i}]")).ToArray();
        return field.Kind switch
        {
            FieldKind.Id or FieldKind.IdSet => new FilterValue.Ids([.. items.Select(i => Id(i.item, i.At))]),
            FieldKind.Number => Numbers(),
            FieldKind.Custom when items.All(i => i.item.ValueKind == JsonValueKind.Number) => Numbers(),
            FieldKind.Choice => new FilterValue.Texts([.. items.Select(i => Choice(field, i.item, i.At))]),
            _ => new FilterValue.Texts([.. items.Select(i => Text(i.item, i.At))]),
        };

        FilterValue.Numbers Numbers() => new([.. items.Select(i => Number(i.item, i.At))]);
    }

    private static FilterValue One(FilterField field, FilterTest test, JsonElement value, string path) => field.Kind switch
    {
        FieldKind.Time => new FilterValue.Times([Time(value, path)]),
        FieldKind.Id or FieldKind.IdSet => new FilterValue.Ids([Id(value, path)]),
        FieldKind.Number => new FilterValue.Numbers([Number(value, path)]),
        FieldKind.Custom when value.ValueKind == JsonValueKind.Number && test == FilterTest.Equal =>
            new FilterValue.Numbers([Number(value, path)]),
        FieldKind.Choice => new FilterValue.Texts([Choice(field, value, path)]),
        _ => new FilterValue.Texts([Text(value, path)]),
    };

    private static string Choice(FilterField field, JsonElement value, string path)
    {
        var text = Text(value, path);
        return field.Choices.Contains(text)
            ? text
            : throw FilterParser.Refuse(path, $"is \"{Shown.Text(text)}\"; {field.Name} is one of {string.Join(", ", field.Choices)}.");
    }

    private static string Text(JsonElement value, string path) =>
        JsonText.TryRead(value, out var text) && text.Length is >= 1 and <= MaxTextLength
            ? text
            : throw FilterParser.Refuse(path, $"must be text of 1 to {MaxTextLength} characters.");

    private static Guid Id(JsonElement value, string path) =>
        JsonText.TryRead(value, out var text) && Guid.TryParseExact(text, "D", out var id)
            ? id
            : throw FilterParser.Refuse(path, "must be an id (a GUID).");

    private static double Number(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw FilterParser.Refuse(path, "must be a number.");

    private static DateTimeOffset Time(JsonElement value, string path) =>
        JsonText.TryReadTime(value, out var time)
            ? time
            : throw FilterParser.Refuse(path, "must be an ISO 8601 time with an offset, for example 2026-05-01T08:00:00Z.");
}
