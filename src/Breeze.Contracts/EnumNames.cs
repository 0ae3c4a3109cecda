using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts;

/// <summary>Writes enums in lower snake case and refuses any other text, or a number, by naming what is allowed.</summary>
[RequiresDynamicCode("Makes a converter for each enum at run time.")]
[RequiresUnreferencedCode("Makes a converter for each enum at run time.")]
public sealed class EnumNames : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert is { IsEnum: true };

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(EnumNameConverter<>).MakeGenericType(typeToConvert))!;

    /// <summary>The wire names of an enum's values, in the order of the values.</summary>
    public static IReadOnlyList<string> Of(Type enumType) =>
        [.. Enum.GetNames(enumType).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
}

/// <summary>The wire form of one enum, for those who read a query parameter rather than a body.</summary>
public static class EnumName
{
    /// <summary>What is allowed, as a person would list it: <c>draft, pending, paused</c>.</summary>
    public static string Allowed<T>()
        where T : struct, Enum => Table<T>.Allowed;

    /// <summary>False for a name that the enum does not have, and for null.</summary>
    public static bool TryParse<T>(string? text, out T value)
        where T : struct, Enum => Table<T>.Values.TryGetValue(text ?? "", out value);

    /// <summary>The wire name of a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Table<T>.Names[value];

    private static class Table<T>
        where T : struct, Enum
    {
        internal static readonly Dictionary<string, T> Values =
            Enum.GetValues<T>().ToDictionary(v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()), StringComparer.Ordinal);

        internal static readonly Dictionary<T, string> Names = Values.ToDictionary(p => p.Value, p => p.Key);

        internal static readonly string Allowed = string.Join(", ", Values.Keys);
    }
}

/// <summary>See <see cref="EnumNames"/>; usable by itself where code is compiled ahead of time.</summary>
public sealed class EnumNameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(EnumName.Of(value));

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(EnumName.Of(value));

    private static T Parse(string? text) =>
        EnumName.TryParse<T>(text, out var value)
            ? value
            : throw new WireFormatException($"must be one of {EnumName.Allowed<T>()}");
}
