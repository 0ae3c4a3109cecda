using System.Globalization;
using Breeze.Contracts;
using Breeze.Contracts.Patches;
using SkiaSharp;

namespace Breeze.Silo.Compliance;

/// <summary>The report as PDF: the figures, charts by source and severity, and the devices with the most open patches.</summary>
internal static class PdfReport
{
    public const float Width = 595;
    public const float Height = 842;

    private const float Margin = 44;
    private const float RowHeight = 21;

    private static readonly SKColor Ink = SKColor.Parse("#14213D");
    private static readonly SKColor Soft = SKColor.Parse("#5B6475");
    private static readonly SKColor Line = SKColor.Parse("#DDE2EA");
    private static readonly SKColor Tile = SKColor.Parse("#F4F6FA");

    private static readonly (string Name, SKColor Color, Func<PatchCounts, long> Of)[] Statuses =
    [
        ("Installed", SKColor.Parse("#2E8B57"), c => c.Installed),
        ("Pending", SKColor.Parse("#F2B134"), c => c.Pending),
        ("Failed", SKColor.Parse("#C8374A"), c => c.Failed),
        ("Missing", SKColor.Parse("#7B4BA3"), c => c.Missing),
        ("Skipped", SKColor.Parse("#8A99AD"), c => c.Skipped),
    ];

    public static void Write(Stream to, ComplianceSummary figures, ReportFacts facts)
    {
        using var document = SKDocument.CreatePdf(to, new SKDocumentPdfMetadata
        {
            Title = $"Patch compliance of {facts.Of}",
            Creator = "Breeze",
            Creation = figures.AsOf.UtcDateTime,
        });
        foreach (var page in Pages(figures, facts))
        {
            page(document.BeginPage(Width, Height));
            document.EndPage();
        }

        document.Close();
    }

    /// <summary>The pages, to be drawn anywhere.</summary>
    public static IReadOnlyList<Action<SKCanvas>> Pages(ComplianceSummary figures, ReportFacts facts)
    {
        var pages = new List<Action<SKCanvas>> { canvas => First(canvas, figures, facts) };
        if (figures.WorstDevices.Count > 0)
        {
            pages.Add(canvas => Worst(canvas, figures, facts));
        }

        return [.. pages.Select((page, i) => (Action<SKCanvas>)(canvas =>
        {
            canvas.Clear(SKColors.White);
            page(canvas);
            Footer(canvas, i + 1, pages.Count, facts);
        }))];
    }

    private static void First(SKCanvas canvas, ComplianceSummary figures, ReportFacts facts)
    {
        var text = new PdfText(canvas);
        Header(canvas, text, figures, facts);
        Ring(canvas, text, figures, Margin + 82, 240);
        Legend(canvas, text, figures.Counts, Margin + 200, 168);
        Tiles(canvas, text, figures, facts);
        var y = 446f;
        y = Bars(canvas, text, "By source", [.. figures.BySource.Select(s => (Words(s.Source), s.CompliancePercent, s.Counts))], y);
        Bars(canvas, text, "By severity", [.. figures.BySeverity.Select(s => (Words(s.Severity), s.CompliancePercent, s.Counts))], y + 28);
    }

    private static void Header(SKCanvas canvas, PdfText text, ComplianceSummary figures, ReportFacts facts)
    {
        Fill(canvas, new SKRect(0, 0, Width, 118), Ink);
        text.Left("Patch compliance", Margin, 58, 25, SKColors.White, bold: true);
        text.Left(facts.Of, Margin, 82, 13, SKColors.White.WithAlpha(220), room: Width - 2 * Margin);
        var narrowed = string.Join(" · ", new[]
        {
            facts.Question.Source is { } source ? Words(EnumName.Of(source)) : "All sources",
            facts.Question.Severity is { } severity ? $"{Words(EnumName.Of(severity))} severity" : "all severities",
        });
        text.Left($"{narrowed} · as of {Time(figures.AsOf)}", Margin, 101, 10, SKColors.White.WithAlpha(180));
    }

    private static void Ring(SKCanvas canvas, PdfText text, ComplianceSummary figures, float x, float y)
    {
        const float Radius = 68;
        var bounds = new SKRect(x - Radius, y - Radius, x + Radius, y + Radius);
        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 22, Color = Line };
        canvas.DrawCircle(x, y, Radius, paint);
        var from = -90f;
        foreach (var (_, color, of) in Statuses.Where(s => figures.Total > 0 && s.Of(figures.Counts) > 0))
        {
            var sweep = 360f * of(figures.Counts) / figures.Total;
            paint.Color = color;
            canvas.DrawArc(bounds, from, sweep, useCenter: false, paint);
            from += sweep;
        }

        text.Centred(Percent(figures.CompliancePercent), x, y + 5, 23, Ink, bold: true);
        text.Centred("compliant", x, y + 22, 10, Soft);
    }

    private static void Legend(SKCanvas canvas, PdfText text, PatchCounts counts, float x, float y)
    {
        var total = Math.Max(1, ComplianceQueries.Total(counts));
        text.Left("Patches on devices, by status", x, y, 12, Ink, bold: true);
        for (var i = 0; i < Statuses.Length; i++)
        {
            var (name, color, of) = Statuses[i];
            var at = y + 28 + i * 25;
            Fill(canvas, new SKRect(x, at - 9, x + 11, at + 2), color, 3);
            text.Left(name, x + 22, at, 11, Ink);
            text.Right(Number(of(counts)), Width - Margin - 70, at, 11, Ink, bold: true);
            text.Right(Percent(Math.Round(100m * of(counts) / total, 1)), Width - Margin, at, 11, Soft);
            Fill(canvas, new SKRect(x, at + 8, Width - Margin, at + 8.6f), Line);
        }
    }

    private static void Tiles(SKCanvas canvas, PdfText text, ComplianceSummary figures, ReportFacts facts)
    {
        (string Label, string Value)[] tiles =
        [
            ("Devices with patches", Number(facts.Devices)),
            ("Patches on devices", Number(figures.Total)),
            ("Not installed", Number(figures.Total - figures.Counts.Installed)),
        ];
        const float Gap = 14;
        var width = (Width - 2 * Margin - 2 * Gap) / 3;
        for (var i = 0; i < tiles.Length; i++)
        {
            var x = Margin + i * (width + Gap);
            Fill(canvas, new SKRect(x, 342, x + width, 404), Tile, 8);
            text.Left(tiles[i].Value, x + 14, 371, 19, Ink, bold: true);
            text.Left(tiles[i].Label, x + 14, 390, 10, Soft);
        }
    }

    private static float Bars(SKCanvas canvas, PdfText text, string title, IReadOnlyList<(string Name, decimal Percent, PatchCounts Counts)> rows, float y)
    {
        text.Left(title, Margin, y, 13, Ink, bold: true);
        y += 14;
        if (rows.Count == 0)
        {
            text.Left("No device has reported any patch.", Margin, y + 14, 10, Soft);
            return y + RowHeight;
        }

        foreach (var (name, percent, counts) in rows)
        {
            text.Left(name, Margin, y + 13, 10.5f, Ink, room: 84);
            Stack(canvas, counts, new SKRect(Margin + 92, y + 4, Width - Margin - 112, y + 16));
            text.Right(Percent(percent), Width - Margin - 56, y + 13, 10.5f, Ink, bold: true);
            text.Right(Number(ComplianceQueries.Total(counts)), Width - Margin, y + 13, 10.5f, Soft);
            y += RowHeight;
        }

        return y;
    }

    private static void Worst(SKCanvas canvas, ComplianceSummary figures, ReportFacts facts)
    {
        var text = new PdfText(canvas);
        text.Left("Devices with the most open patches", Margin, 66, 17, Ink, bold: true);
        text.Left($"{facts.Of} · as of {Time(figures.AsOf)}", Margin, 84, 10, Soft, room: Width - 2 * Margin);
        (string Name, float X)[] columns = [("Pending", 350), ("Failed", 391), ("Missing", 438), ("Skipped", 486), ("Compliant", Width - Margin)];
        var y = 116f;
        text.Left("Device", Margin, y, 8.5f, Soft, bold: true);
        foreach (var (name, x) in columns)
        {
            text.Right(name, x, y, 8.5f, Soft, bold: true);
        }

        Fill(canvas, new SKRect(Margin, y + 7, Width - Margin, y + 8), Line);
        foreach (var device in figures.WorstDevices)
        {
            y += 25;
            text.Left(device.DisplayName ?? device.Hostname, Margin, y, 10.5f, Ink, room: 196);
            Stack(canvas, device.Counts, new SKRect(250, y - 8, 304, y));
            long[] values = [device.Counts.Pending, device.Counts.Failed, device.Counts.Missing, device.Counts.Skipped];
            for (var i = 0; i < values.Length; i++)
            {
                text.Right(Number(values[i]), columns[i].X, y, 10.5f, values[i] == 0 ? Soft : Ink);
            }

            text.Right(Percent(device.CompliancePercent), columns[^1].X, y, 10.5f, Ink, bold: true);
            Fill(canvas, new SKRect(Margin, y + 8, Width - Margin, y + 8.6f), Line);
        }
    }

    private static void Footer(SKCanvas canvas, int page, int pages, ReportFacts facts)
    {
        var text = new PdfText(canvas);
        Fill(canvas, new SKRect(Margin, Height - 44, Width - Margin, Height - 43.4f), Line);
        text.Left($"Breeze · {facts.Of}", Margin, Height - 28, 8.5f, Soft, room: 380);
        text.Right($"Page {page} of {pages}", Width - Margin, Height - 28, 8.5f, Soft);
    }

    private static void Stack(SKCanvas canvas, PatchCounts counts, SKRect room)
    {
        var total = ComplianceQueries.Total(counts);
        canvas.Save();
        canvas.ClipRoundRect(new SKRoundRect(room, 3), antialias: true);
        Fill(canvas, room, Line);
        var x = room.Left;
        foreach (var (_, color, of) in Statuses.Where(_ => total > 0))
        {
            var width = room.Width * of(counts) / total;
            Fill(canvas, new SKRect(x, room.Top, x + width, room.Bottom), color);
            x += width;
        }

        canvas.Restore();
    }

    private static void Fill(SKCanvas canvas, SKRect room, SKColor color, float radius = 0)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        canvas.DrawRoundRect(room, radius, radius, paint);
    }

    private static string Words(string wireName) =>
        char.ToUpperInvariant(wireName[0]) + wireName[1..].Replace('_', ' ');

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percent(decimal value) => value.ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
