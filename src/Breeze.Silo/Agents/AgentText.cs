using System.Text;

namespace Breeze.Silo.Agents;

/// <summary>Makes a device's text fit to store: hostile until shown encoded, but at least bounded and well formed.</summary>
internal static class AgentText
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The text without NUL (PostgreSQL refuses it) and without halves of surrogate pairs, at most <paramref name="mostBytes"/> of UTF-8, the
    /// cut marked inside that bound. Null stays null.
    /// </summary>
    public static string? Bounded(string? text, int mostBytes)
    {
        if (text is null)
        {
            return null;
        }

        var clean = WellFormed(text);
        var bytes = Encoding.UTF8.GetByteCount(clean);
        if (bytes <= mostBytes)
        {
            return clean;
        }

        var mark = $"\n[cut: {bytes} bytes in all]";
        return string.Concat(Prefix(clean, mostBytes - Encoding.UTF8.GetByteCount(mark)), mark);
    }

    /// <summary>As <see cref="Bounded"/>, cut without a mark; for names and versions.</summary>
    public static string Short(string? text, int mostChars)
    {
        var clean = WellFormed(text ?? "");
        if (clean.Length <= mostChars)
        {
            return clean;
        }

        return clean[..(char.IsHighSurrogate(clean[mostChars - 1]) ? mostChars - 1 : mostChars)];
    }

    private static string WellFormed(string text)
    {
        var span = text.AsSpan();
        StringBuilder? clean = null;
        for (var i = 0; i < span.Length; i++)
        {
            var pair = char.IsHighSurrogate(span[i]) && i + 1 < span.Length && char.IsLowSurrogate(span[i + 1]);
            if (!pair && (span[i] == '\0' || char.IsSurrogate(span[i])))
            {
                clean ??= new StringBuilder(text);
                clean[i] = Replacement;
            }

            i += pair ? 1 : 0;
        }

        return clean?.ToString() ?? text;
    }

    private static string Prefix(string text, int mostBytes)
    {
        var bytes = 0;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > mostBytes)
            {
                break;
            }

            bytes += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
