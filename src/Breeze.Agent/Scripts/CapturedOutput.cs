using System.Text;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Scripts;

/// <summary>Keeps the beginning and the end of what a script prints, in bounded memory.</summary>
/// <remarks>
/// The first half tells what it set out to do, the last why it failed; between them the cut is marked. Whatever was printed,
/// the text is valid and within the limit: bytes that are no UTF-8 and control characters become U+FFFD.
/// </remarks>
public sealed class CapturedOutput
{
    /// <summary>The most that a result carries: 64 KiB, counted in UTF-8.</summary>
    public const int Limit = AgentMethods.MaxOutputBytes;

    // Room for the mark inside the limit.
    private const int Half = (Limit - 128) / 2;

    private readonly Lock _lock = new();
    private readonly byte[] _head = new byte[Half];
    private readonly byte[] _tail = new byte[Half];
    private int _headLength;
    private long _afterHead;

    /// <summary>Adds printed bytes; safe from several readers at once.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var toHead = Math.Min(bytes.Length, Half - _headLength);
            bytes[..toHead].CopyTo(_head.AsSpan(_headLength));
            _headLength += toHead;
            AppendToTail(bytes[toHead..]);
        }
    }

    /// <summary>What was printed so far, as valid text of at most <see cref="Limit"/> bytes.</summary>
    public string ToText()
    {
        lock (_lock)
        {
            var tail = Tail();
            var lost = _afterHead - tail.Length;
            if (lost == 0)
            {
                var whole = Clean([.. _head.AsSpan(0, _headLength), .. tail]);
                if (Encoding.UTF8.GetByteCount(whole) <= Limit)
                {
                    return whole;
                }
            }

            var first = Shorten(Clean(WholeAtEnd(_head.AsSpan(0, _headLength))), fromEnd: false, out var cutFirst);
            var last = Shorten(Clean(WholeAtStart(tail)), fromEnd: true, out var cutLast);
            return $"{first}\n[... {lost + cutFirst + cutLast} bytes cut ...]\n{last}";
        }
    }

    private void AppendToTail(ReadOnlySpan<byte> bytes)
    {
        var skipped = Math.Max(0, bytes.Length - Half);
        _afterHead += skipped;
        foreach (var value in bytes[skipped..])
        {
            _tail[_afterHead++ % Half] = value;
        }
    }

    private byte[] Tail()
    {
        if (_afterHead <= Half)
        {
            return _tail[..(int)_afterHead];
        }

        var start = (int)(_afterHead % Half);
        return [.. _tail[start..], .. _tail[..start]];
    }

    // A cut may split a character: its halves are no news, and were not in the output.
    private static ReadOnlySpan<byte> WholeAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            if ((bytes[^back] & 0xC0) == 0xC0)
            {
                return bytes[..^back];
            }

            if ((bytes[^back] & 0x80) == 0)
            {
                break;
            }
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> WholeAtStart(ReadOnlySpan<byte> bytes)
    {
        var start = 0;
        while (start < Math.Min(3, bytes.Length) && (bytes[start] & 0xC0) == 0x80)
        {
            start++;
        }

        return bytes[start..];
    }

    private static string Clean(ReadOnlySpan<byte> bytes)
    {
        var characters = Encoding.UTF8.GetString(bytes).ToCharArray();
        for (var i = 0; i < characters.Length; i++)
        {
            if (char.IsControl(characters[i]) && characters[i] is not ('\n' or '\r' or '\t'))
            {
                characters[i] = '\uFFFD';
            }
        }

        return new string(characters);
    }

    // Replacing bytes can make text three times as long as what was printed.
    private static string Shorten(string text, bool fromEnd, out int cutBytes)
    {
        cutBytes = 0;
        while (Encoding.UTF8.GetByteCount(text) > Half)
        {
            var excess = Math.Max(1, (Encoding.UTF8.GetByteCount(text) - Half) / 3);
            var cut = fromEnd ? text[..excess] : text[^excess..];
            cutBytes += Encoding.UTF8.GetByteCount(cut);
            text = fromEnd ? text[excess..] : text[..^excess];
        }

        return fromEnd && text.Length > 0 && char.IsLowSurrogate(text[0]) ? text[1..]
            : !fromEnd && text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1]
            : text;
    }
}
