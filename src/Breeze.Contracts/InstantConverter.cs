using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts;

/// <summary>Times in ISO 8601: read only with an offset, written in UTC to the millisecond.</summary>
public sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    private const string Written = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var value)
            ? value
            : throw new WireFormatException("must be a time in ISO 8601 with an offset, for example 2026-03-01T09:00:00Z");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Format(value));

    /// <summary>The wire form: UTC, milliseconds, <c>Z</c>.</summary>
    public static string Format(DateTimeOffset value) => value.UtcDateTime.ToString(Written, CultureInfo.InvariantCulture);

    /// <summary>False for text without an offset, which would mean another instant on another machine.</summary>
    public static bool TryParse(string? text, out DateTimeOffset value)
    {
        value = default;
        return text is { Length: > 10 and <= 40 }
            && text[10] == 'T'
            && HasOffset(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
    }

    private static bool HasOffset(string text) =>
        text[^1] == 'Z' || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
