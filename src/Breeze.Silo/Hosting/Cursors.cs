using System.Buffers.Text;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>Opaque cursors: the position of the last row shown, as base64url.</summary>
/// <remarks>
/// A cursor says only where to go on; the caller's scope and the list's filters are applied again, so a made-up one shows nothing
/// more than an offset would. The position's type name is inside, so that one list's cursor is refused by another.
/// </remarks>
public static class Cursors
{
    private const int LongestCursor = 2048;

    // A made-up position must not hold text that a database cannot take.
    private static readonly JsonSerializerOptions Json = new(BreezeJson.Options) { Converters = { new TextConverter() } };

    /// <summary>The text for <c>nextCursor</c>.</summary>
    /// <typeparam name="TPosition">A record of the sort key's columns, one type per list.</typeparam>
    public static string Encode<TPosition>(TPosition position)
        where TPosition : class =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Envelope<TPosition>(typeof(TPosition).Name, position), BreezeJson.Options));

    /// <summary>The position in a cursor; null for no cursor.</summary>
    /// <exception cref="RefusedException">400 naming <c>cursor</c>: it was not made by this list.</exception>
    public static TPosition? Decode<TPosition>(string? cursor)
        where TPosition : class
    {
        if (cursor is null)
        {
            return null;
        }

        try
        {
            if (cursor.Length <= LongestCursor
                && JsonSerializer.Deserialize<Envelope<TPosition>>(Base64Url.DecodeFromChars(cursor), Json) is { } envelope
                && envelope.Of == typeof(TPosition).Name)
            {
                return envelope.At;
            }
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Not one of ours: said below.
        }

        throw new RefusedException(Refusal.Invalid("cursor is not one that this list gave out.", "cursor"));
    }

    private sealed record Envelope<TPosition>(string Of, TPosition At);
}
