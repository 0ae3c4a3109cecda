using System.CommandLine;
using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts.Patches;

namespace Breeze.Cli.Patches;

/// <summary><c>breeze compliance …</c>: how the fleet stands.</summary>
public static class ComplianceCommands
{
    private static readonly Option<Guid?> Org = Ids.Option("--org", "One organization; all that the key may see by default.");
    private static readonly Option<string> Source = PatchCommands.Text("--source", "microsoft, apple, linux, third_party or custom.");
    private static readonly Option<string> Severity = PatchCommands.Text("--severity", "critical, important, moderate, low or unknown.");

    public static Command Build(Shell shell) => new Command("compliance", "How the fleet stands, live and as reports.").With(Summary(shell), Report(shell));

    private static Command Summary(Shell shell) => new Command("summary", "Show how the fleet stands now.").With(Org, Source, Severity).Does(shell, async run =>
    {
        using var client = run.Connect();
        var summary = await client.Compliance.Summary(run.Get(Org), run.Get(Source), run.Get(Severity), run.Cancel);
        shell.Show(
            run.Json,
            summary,
            [
                new("compliant", s => Percent(s.CompliancePercent)),
                new("of", s => $"{PatchCommands.Count(s.Total)} patches on devices"),
                new("by status", s => Counts(s.Counts)),
                .. summary.BySource.Select(b => new Column<ComplianceSummary>(b.Source, _ => $"{Percent(b.CompliancePercent)}  {Counts(b.Counts)}")),
                .. summary.BySeverity.Select(b => new Column<ComplianceSummary>(b.Severity, _ => $"{Percent(b.CompliancePercent)}  {Counts(b.Counts)}")),
                .. summary.WorstDevices.Select(d => new Column<ComplianceSummary>(Printable.Line(d.Hostname, 40), _ => $"{Percent(d.CompliancePercent)}  {Counts(d.Counts)}")),
            ]);
    });

    private static Command Report(Shell shell)
    {
        var format = new Option<string>("--format") { Description = "csv or pdf; csv by default, or as --out ends." }.AcceptOnlyFromAmong("csv", "pdf");
        var wait = new Option<bool>("--wait") { Description = "Wait until it is made; exit code 1 when it failed." };
        var file = new Option<string>("--out", "-o") { Description = "Wait, and write it to this file." };
        return new Command("report", "Ask for a report: a row for each patch on each device, or a summary as PDF.").With(Org, Source, Severity, format, wait, file).Does(shell, async run =>
        {
            using var client = run.Connect();
            var path = run.Get(file);
            var wanted = run.Get(format) ?? (path?.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) == true ? "pdf" : "csv");
            var asked = await client.Compliance.Request(run.Get(Org), run.Get(Source), run.Get(Severity), wanted, run.Cancel);
            if (!run.Get(wait) && path is null)
            {
                shell.Show(run.Json, asked, [new("report", a => a.ReportId.ToString()), new("status", a => a.Status)]);
                return ExitCode.Ok;
            }

            var report = await client.Compliance.Wait(asked.ReportId, run.Cancel);
            if (report.Status == "completed" && path is not null)
            {
                await Write(client, report.Id, path, run.Cancel);
            }

            shell.Show(
                run.Json,
                report,
                [
                    new("report", r => r.Id.ToString()),
                    new("status", r => r.Status),
                    new("rows", r => r.RowCount?.ToString(CultureInfo.InvariantCulture)),
                    new("compliant", r => r.Summary is { } s ? $"{Percent(s.CompliancePercent)} on {PatchCommands.Count(s.Devices)} devices" : ""),
                    new("as of", r => Printable.Time(r.AsOf, shell.Time)),
                    new("file", _ => path),
                    new("error", r => r.ErrorMessage),
                ]);
            return report.Status == "completed" ? ExitCode.Ok : ExitCode.DeploymentFailed;
        });
    }

    // Beside the file and then in its place: whoever reads it never sees half of one.
    private static async Task Write(Client.BreezeClient client, Guid report, string path, CancellationToken cancel)
    {
        var part = path + ".part";
        try
        {
            await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                await client.Compliance.Download(report, stream, cancel);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new UsageException($"{path} cannot be written: {e.Message}", e);
        }
    }

    private static string Percent(decimal percent) => $"{percent.ToString("0.##", CultureInfo.InvariantCulture)} %";

    private static string Counts(PatchCounts counts) =>
        $"{counts.Installed} installed, {counts.Pending} pending, {counts.Failed} failed, {counts.Skipped} skipped, {counts.Missing} missing";
}
