using System.Globalization;
using System.Text;

namespace Breeze.Console.Shell;

/// <summary>Makes hostile text readable: what has no shape, or turns the reading direction around, is shown as its code.</summary>
/// <remarks>HTML is no concern here: everything is rendered as text by the framework.</remarks>
public static class Visible
{
    /// <summary>On one line, cut at a length; "–" for none.</summary>
    public static string Line(string? text, int longest)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "–";
        }

        var cut = text.Length > longest;
        var shown = Show(cut ? text[..longest] : text, keepLines: false);
        return cut ? shown + "…" : shown;
    }

    /// <summary>With its lines and tabs.</summary>
    public static string Block(string? text) => Show(text ?? "", keepLines: true);

    private static string Show(string text, bool keepLines)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (keepLines && rune.Value is '\n' or '\t')
            {
                shown.Append((char)rune.Value);
            }
            else if (keepLines && rune.Value is '\r')
            {
                continue;
            }
            else if (rune.Value < 0x20)
            {
                // The control pictures block mirrors the control characters.
                shown.Append((char)(0x2400 + rune.Value));
            }
            else if (IsUnseen(rune))
            {
                shown.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩");
            }
            else
            {
                shown.Append(rune);
            }
        }

        return shown.ToString();
    }

    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate;
}
