using System.Text;
using SkiaSharp;

namespace Breeze.Silo.Compliance;

/// <summary>Text on a page: in the machine's sans serif, with another font's glyphs where that one has none, cut to the room there is.</summary>
internal sealed class PdfText(SKCanvas canvas)
{
    private const string Ellipsis = "…";

    private static readonly string[] Families = ["Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", "Liberation Sans", "Arial"];
    private static readonly SKTypeface Regular = Face(SKFontStyle.Normal);
    private static readonly SKTypeface Bold = Face(SKFontStyle.Bold);

    public void Left(string text, float x, float y, float size, SKColor color, bool bold = false, float room = float.MaxValue) =>
        Draw(Fit(Runs(text, size, bold), room, size, bold), x, y, color);

    public void Right(string text, float x, float y, float size, SKColor color, bool bold = false)
    {
        var runs = Runs(text, size, bold);
        Draw(runs, x - Width(runs), y, color);
    }

    public void Centred(string text, float x, float y, float size, SKColor color, bool bold = false)
    {
        var runs = Runs(text, size, bold);
        Draw(runs, x - Width(runs) / 2, y, color);
    }

    private static SKTypeface Face(SKFontStyle style) =>
        Families.Select(family => SKFontManager.Default.MatchFamily(family, style)).FirstOrDefault(face => face is not null)
        ?? SKTypeface.FromFamilyName(null, style);

    // Device names are any text: control characters are not drawn, and what the font lacks is looked for in others.
    private static List<(string Text, SKFont Font)> Runs(string text, float size, bool bold)
    {
        var main = bold ? Bold : Regular;
        var runs = new List<(string Text, SKFont Font)>();
        var run = new StringBuilder();
        var face = main;
        using var glyphs = new SKFont(main, size);
        foreach (var rune in text.EnumerateRunes().Where(r => !Rune.IsControl(r)))
        {
            var own = glyphs.GetGlyph(rune.Value) != 0 ? main : SKFontManager.Default.MatchCharacter(rune.Value) ?? main;
            if (own.FamilyName != face.FamilyName && run.Length > 0)
            {
                runs.Add((run.ToString(), new SKFont(face, size)));
                run.Clear();
            }

            face = own;
            run.Append(rune.ToString());
        }

        runs.Add((run.ToString(), new SKFont(face, size)));
        return runs;
    }

    private static List<(string Text, SKFont Font)> Fit(List<(string Text, SKFont Font)> runs, float room, float size, bool bold)
    {
        if (Width(runs) <= room)
        {
            return runs;
        }

        while (runs.Count > 0 && Width(runs) + new SKFont(bold ? Bold : Regular, size).MeasureText(Ellipsis) > room)
        {
            var (text, font) = runs[^1];
            runs.RemoveAt(runs.Count - 1);
            if (text.Length > 1)
            {
                runs.Add((text[..^(char.IsLowSurrogate(text[^1]) ? 2 : 1)], font));
            }
        }

        return [.. runs, (Ellipsis, new SKFont(bold ? Bold : Regular, size))];
    }

    private static float Width(List<(string Text, SKFont Font)> runs) => runs.Sum(r => r.Font.MeasureText(r.Text));

    private void Draw(List<(string Text, SKFont Font)> runs, float x, float y, SKColor color)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        foreach (var (text, font) in runs)
        {
            canvas.DrawText(text, x, y, SKTextAlign.Left, font, paint);
            x += font.MeasureText(text);
        }
    }
}
