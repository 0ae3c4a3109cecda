using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Breeze.Contracts;

namespace Breeze.Core.Fleet;

/// <summary>Reads strings out of JSON that the databases can hold.</summary>
public static class JsonText
{
    /// <summary>The text of a JSON string; false for another kind, for half a surrogate pair and for a NUL, which PostgreSQL cannot hold.</summary>
    public static bool TryRead(JsonElement element, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The reader accepts "\ud800" and refuses only when asked for its text.
            return false;
        }

        return IsStorable(text);
    }

    /// <summary>Whether both databases can hold the text: no NUL, no half of a surrogate pair.</summary>
    public static bool IsStorable(string text) => TextConverter.IsStorable(text);

    /// <summary>An ISO 8601 instant with an offset; a time without one is refused (whose clock would it be?).</summary>
    public static bool TryReadTime(JsonElement element, out DateTimeOffset time)
    {
        time = default;
        return TryRead(element, out var text) && InstantConverter.TryParse(text, out time);
    }
}

/// <summary>Caller's text as a refusal repeats it: short, without control characters.</summary>
internal static class Shown
{
    public static string Text(string text)
    {
        var clean = string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return clean.Length <= 60 ? clean : clean[..60] + "…";
    }
}
