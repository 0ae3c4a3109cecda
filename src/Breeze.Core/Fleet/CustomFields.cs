using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Breeze.Core.Fleet;

/// <summary>Custom fields of a device: names an operator chose, with text, number or boolean values stored as text.</summary>
public static partial class CustomFields
{
    public const int MaxCount = 100;
    public const int MaxValueLength = 1_000;

    /// <summary>Whether the text can name a custom field: 1–64 letters, digits, '_' or '-'.</summary>
    public static bool IsName(string name) => NamePattern().IsMatch(name);

    /// <summary>The number that a stored text is, or null; filters compare by it.</summary>
    public static double? NumberOf(string value) =>
        value.Length <= 40
        && double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? number
            : null;

    /// <summary>Reads <c>customFields</c> of a patch: null removes the field, a string, number or boolean sets it.</summary>
    public static Answer<IReadOnlyDictionary<string, string?>> Parse(JsonElement fields, string path)
    {
        if (fields.ValueKind != JsonValueKind.Object)
        {
            return Refusal.Invalid($"{path} must be an object of names and values.", path);
        }

        var read = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var member in fields.EnumerateObject())
        {
            var at = $"{path}.{Shown.Text(member.Name)}";
            if (!IsName(member.Name))
            {
                return Refusal.Invalid($"{at}: a custom field's name has 1 to 64 letters, digits, '_' or '-'.", at);
            }

            var value = ValueOf(member.Value, at);
            if (value.Refusal is not null)
            {
                return value.Refusal;
            }

            read[member.Name] = value.Value;
        }

        return read.Count > MaxCount
            ? Refusal.Invalid($"{path} has {read.Count} fields; at most {MaxCount} are allowed.", path)
            : read;
    }

    private static Answer<string?> ValueOf(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return new Answer<string?>();
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number:
                return value.GetRawText();
            case JsonValueKind.String when JsonText.TryRead(value, out var text) && text.Length <= MaxValueLength:
                return text;
            default:
                return Refusal.Invalid($"{path} must be null, a number, true, false or text of at most {MaxValueLength} characters.", path);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
