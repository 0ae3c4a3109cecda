using System.Globalization;
using System.Text.Json;
using Breeze.Console.Shell;

namespace Breeze.Console.Fleet;

/// <summary>A filter as the server writes it, to and from what the builder edits.</summary>
public static class FilterText
{
    /// <summary>The filter; null while something is missing, so that an unfinished one is never taken for a wider one.</summary>
    public static JsonElement? Write(FilterBranch filter)
    {
        if (filter.Missing is not null)
        {
            return null;
        }

        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            Write(json, filter);
        }

        return JsonElement.Parse(bytes.ToArray());
    }

    /// <summary>A filter from an address; null for none, and for text that is not one.</summary>
    public static JsonElement? Parse(string? text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) || JsonElement.Parse(text) is not { ValueKind: JsonValueKind.Object } filter ? null : filter;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static FilterBranch Read(JsonElement? filter) =>
        filter is { ValueKind: JsonValueKind.Object } given ? ReadBranch(given) : new FilterBranch(all: true) { Parts = { new FilterTerm() } };

    public static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);

    private static FilterBranch ReadBranch(JsonElement given)
    {
        var branch = new FilterBranch(Word(given, "operator") != "OR");
        if (given.TryGetProperty("conditions", out var parts) && parts.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in parts.EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Object))
            {
                branch.Parts.Add(part.TryGetProperty("conditions", out _) ? ReadBranch(part) : ReadTerm(part));
            }
        }

        return branch;
    }

    private static FilterTerm ReadTerm(JsonElement given)
    {
        var term = new FilterTerm();
        var field = Word(given, "field");
        var custom = field.StartsWith(FilterVocabulary.CustomPrefix, StringComparison.Ordinal);
        term.ChooseField(custom ? FilterVocabulary.CustomPrefix : field);
        term.CustomName = custom ? field[FilterVocabulary.CustomPrefix.Length..] : "";
        term.Operator = Word(given, "operator");
        if (!given.TryGetProperty("value", out var value))
        {
            return term;
        }

        switch (term.Shape)
        {
            case FilterShape.List when value.ValueKind == JsonValueKind.Array:
                term.Items.AddRange(value.EnumerateArray().Select(v => Shown(term, v)));
                break;
            case FilterShape.Two when value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2:
                (term.Text, term.To) = (Shown(term, value[0]), Shown(term, value[1]));
                break;
            case FilterShape.Two when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("from", out var from) && value.TryGetProperty("to", out var to):
                (term.Text, term.To) = (Shown(term, from), Shown(term, to));
                break;
            case FilterShape.Span when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("amount", out var amount):
                (term.Amount, term.Unit) = (amount.ToString(), Word(value, "unit"));
                break;
            case FilterShape.One:
                term.Text = Shown(term, value);
                break;
        }

        return term;
    }

    private static string Shown(FilterTerm term, JsonElement value) =>
        term.Kind.Kind == FilterKind.Time && DateTimeOffset.TryParse(value.ToString(), CultureInfo.InvariantCulture, out var at) ? Instants.ForInput(at) : value.ToString();

    private static string Word(JsonElement given, string member) =>
        given.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static void Write(Utf8JsonWriter json, FilterPart part)
    {
        json.WriteStartObject();
        if (part is FilterBranch branch)
        {
            json.WriteString("operator", branch.All ? "AND" : "OR");
            json.WriteStartArray("conditions");
            foreach (var inner in branch.Parts)
            {
                Write(json, inner);
            }

            json.WriteEndArray();
        }
        else if (part is FilterTerm term)
        {
            json.WriteString("field", term.Kind.Kind == FilterKind.Custom ? FilterVocabulary.CustomPrefix + term.CustomName : term.Field);
            json.WriteString("operator", term.Operator);
            WriteValue(json, term);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, FilterTerm term)
    {
        if (term.Shape == FilterShape.None)
        {
            return;
        }

        json.WritePropertyName("value");
        switch (term.Shape)
        {
            case FilterShape.Span:
                json.WriteStartObject();
                json.WriteNumber("amount", int.Parse(term.Amount, CultureInfo.InvariantCulture));
                json.WriteString("unit", term.Unit);
                json.WriteEndObject();
                break;
            case FilterShape.One:
                WriteOne(json, term, term.Text);
                break;
            default:
                json.WriteStartArray();
                foreach (var item in term.Shape == FilterShape.Two ? [term.Text, term.To] : term.Items)
                {
                    WriteOne(json, term, item);
                }

                json.WriteEndArray();
                break;
        }
    }

    private static void WriteOne(Utf8JsonWriter json, FilterTerm term, string value)
    {
        if (term.IsNumber)
        {
            json.WriteNumberValue(double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        else if (term.Kind.Kind == FilterKind.Time)
        {
            json.WriteStringValue(Instants.FromInput(value)!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteStringValue(value);
        }
    }
}
