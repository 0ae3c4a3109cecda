using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts;

/// <summary>Text that both databases can hold; anything else in a request is refused by the member that has it.</summary>
/// <remarks>PostgreSQL has no NUL in text and SQLite would store it; half a surrogate pair is no character at all.</remarks>
public sealed class TextConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new WireFormatException("must be text");
        }

        try
        {
            return reader.GetString() is { } text && IsStorable(text) ? text : throw new WireFormatException("must not contain a NUL character");
        }
        catch (InvalidOperationException)
        {
            // The reader accepts "\ud800" and refuses only when asked for its text.
            throw new WireFormatException("must be text: half of a surrogate pair is none");
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    /// <summary>Whether both databases can hold the text: no NUL, no half of a surrogate pair.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i]))
            {
                return false;
            }

            if (char.IsHighSurrogate(text[i]) && (++i == text.Length || !char.IsLowSurrogate(text[i])))
            {
                return false;
            }
        }

        return true;
    }
}
