using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Spectre.Console;
using Spectre.Console.Rendering;
using Progress = Breeze.Contracts.Deployments.Progress;

namespace Breeze.Cli.Deployments;

/// <summary>A rollout as a live view for a terminal.</summary>
public static class RolloutScreen
{
    private static readonly Style Dim = new(decoration: Decoration.Dim);

    public static IRenderable Of(RolloutView view, DateTimeOffset now)
    {
        List<IRenderable> rows = [Title(view, now)];
        if (view.Latest?.Progress is { } progress)
        {
            rows.Add(Bar(progress));
            rows.Add(Counts(progress));
            rows.Add(new Text(Pace(view, progress, now), Dim));
        }

        if (view.Latest?.PausedReason is { } reason)
        {
            rows.Add(new Text($"Paused: {Printable.Line(reason)}", new Style(Color.Yellow)));
        }

        rows.AddRange(Failures(view.Failures));
        rows.AddRange(Recent(view));
        return new Panel(new Rows(rows)).Header(Markup.Escape(Printable.Line(view.Name, 60))).RoundedBorder().Expand();
    }

    private static Columns Title(RolloutView view, DateTimeOffset now)
    {
        var status = view.Latest is { } latest ? EnumName.Of(latest.Status) : "connecting";
        var live = view.IsLive ? "" : "  (connection lost, seeking it)";
        return new Columns(
            new Text(status + live, new Style(StatusColor(view.Latest?.Status), decoration: Decoration.Bold)),
            new Text(Printable.Span(view.Elapsed(now)), Dim).RightJustified());
    }

    private static BreakdownChart Bar(Progress progress)
    {
        var chart = new BreakdownChart().HideTags().Expand();
        foreach (var (_, count, color) in Parts(progress).Where(part => part.Count > 0))
        {
            chart.AddItem("", count, color);
        }

        return chart;
    }

    private static Markup Counts(Progress progress)
    {
        var counts = Parts(progress).Select(part => $"[{part.Color.ToMarkup()}]■[/] {part.Label} [bold]{part.Count}[/]");
        return new Markup($"{string.Join("   ", counts)}   of [bold]{progress.Total}[/]   [bold]{progress.PercentComplete} %[/]");
    }

    private static string Pace(RolloutView view, Progress progress, DateTimeOffset now)
    {
        List<string> parts = [];
        if (progress.TotalBatches is { } batches)
        {
            var current = progress.CurrentBatch ?? 0;
            parts.Add($"batch {current} of {batches} {Strip(current, batches, view.HasEnded)}");
        }

        parts.Add(view.Rate(now) is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} devices/s") : "rate unknown yet");
        if (progress.NextBatchAt is { } next && next > now)
        {
            parts.Add($"next batch in {Printable.Span(next - now)}");
        }

        if (!view.HasEnded)
        {
            parts.Add(progress.EtaAt is { } eta ? $"ends in about {Printable.Span(eta - now)}" : "end unknown yet");
        }

        return string.Join("   ", parts);
    }

    /// <summary>One mark a batch; a strip of more than forty would wrap and say nothing.</summary>
    private static string Strip(int current, int batches, bool ended) =>
        batches > 40 ? "" : string.Concat(Enumerable.Range(1, batches).Select(n => n < current || ended ? '■' : n == current ? '▣' : '□'));

    private static IEnumerable<IRenderable> Failures(IReadOnlyList<FailureGroup> failures)
    {
        if (failures.Count > 0)
        {
            yield return new Text("failures", Dim);
        }

        foreach (var group in failures.Take(4))
        {
            yield return new Text($"  {group.Count} × {FailureText(group)}", new Style(Color.Red)).Overflow(Overflow.Ellipsis);
        }
    }

    private static IEnumerable<IRenderable> Recent(RolloutView view)
    {
        if (view.Recent.Count > 0)
        {
            yield return new Text("latest", Dim);
        }

        foreach (var change in view.Recent)
        {
            var phase = change.Phase is { } p ? $" ({EnumName.Of(p)})" : "";
            yield return new Text($"  {Printable.Line(change.Device, 60)} {EnumName.Of(change.Status)}{phase}").Overflow(Overflow.Ellipsis);
        }
    }

    /// <summary>Kind, exit code and what was said, in one line.</summary>
    public static string FailureText(FailureGroup group)
    {
        var code = group.ExitCode is { } exit ? $" {exit}" : "";
        return Printable.Line($"{EnumName.Of(group.Kind)}{code}: {group.Sample.Trim()}", 120);
    }

    private static (string Label, int Count, Color Color)[] Parts(Progress progress) =>
    [
        ("completed", progress.Completed, Color.Green),
        ("failed", progress.Failed, Color.Red),
        ("running", progress.Running, Color.Blue),
        ("retrying", progress.Retrying, Color.Orange1),
        ("pending", progress.Pending - progress.Retrying, Color.Grey),
        ("skipped", progress.Skipped, Color.Purple),
    ];

    private static Color StatusColor(DeploymentStatus? status) => status switch
    {
        DeploymentStatus.Completed => Color.Green,
        DeploymentStatus.Failed or DeploymentStatus.Cancelled => Color.Red,
        DeploymentStatus.Paused or DeploymentStatus.Rollback => Color.Yellow,
        _ => Color.Blue,
    };
}
