using System.Globalization;
using Breeze.Cli.Deployments;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Spectre.Console;

namespace Breeze.Cli.Demo;

/// <summary>The table at the demo's end.</summary>
public static class DemoReport
{
    public static void Print(Shell shell, DemoResult result)
    {
        var progress = result.Deployment.Progress!;
        var table = new Table().RoundedBorder().Title(
            $"{Markup.Escape(Printable.Line(result.Deployment.Name))}: [bold]{EnumName.Of(result.Deployment.Status)}[/] after {Printable.Span(TimeSpan.FromSeconds(result.WatchedSeconds))}");
        table.AddColumns("Devices", "").AddColumn("");
        table.Columns[1].RightAligned();
        Row(table, "completed", progress.Completed, Of(result.CompletedAfterRetry, "after a retry"));
        Row(table, "failed", progress.Failed, string.Join("; ", result.Failures.Take(4).Select(g => $"{g.Count} × {RolloutScreen.FailureText(g)}")));
        Row(table, "skipped", progress.Skipped, string.Join(", ", result.SkippedBy.Select(by => $"{by.Value} {by.Key}")));
        Row(table, "total", progress.Total, $"in {progress.TotalBatches} batches");
        shell.Screen.Write(table);
        Real(shell, result.RealAgent);
    }

    private static void Row(Table table, string what, int count, string more) =>
        table.AddRow(new Text(what), new Text(count.ToString(CultureInfo.InvariantCulture)), new Text(more));

    private static string Of(int count, string what) => count > 0 ? $"{count} of them {what}" : "";

    private static void Real(Shell shell, DeviceRecord record)
    {
        var output = Printable.Lines(record.Result?.Output ?? record.Result?.Error, 20);
        var header = $"the real agent on this machine ({record.DeviceHostname}): {EnumName.Of(record.Status)}, exit code {record.Result?.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}";
        shell.Screen.Write(new Panel(new Rows(output.Select(line => new Text(line)))).Header(Markup.Escape(Printable.Line(header, 100))).RoundedBorder());
    }
}
