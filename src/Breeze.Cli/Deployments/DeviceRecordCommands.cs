using System.CommandLine;
using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Spectre.Console;

namespace Breeze.Cli.Deployments;

/// <summary>What a deployment did on each device, its failures, and another try for them.</summary>
public static class DeviceRecordCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The deployment's id.");

    public static IReadOnlyList<Column<DeviceRecord>> Columns { get; } =
    [
        new("DEVICE", r => r.DeviceDisplayName ?? r.DeviceHostname),
        new("ID", r => r.DeviceId.ToString()),
        new("BATCH", r => r.BatchNumber.ToString(CultureInfo.InvariantCulture)),
        new("STATUS", Status),
        new("RETRIES", r => $"{r.RetryCount}/{r.MaxRetries}"),
        new("EXIT", r => r.Result?.ExitCode?.ToString(CultureInfo.InvariantCulture)),
        new("SAID", r => Said(r.Result)),
    ];

    public static Command Devices(Shell shell)
    {
        var status = new Option<string?>("--status") { Description = "Only pending, running, completed, failed or skipped." };
        var batch = new Option<int?>("--batch") { Description = "Only this batch." };
        var oneRun = new Option<string?>("--run") { Description = "'rollout' shows the first run of one that was rolled back." };
        var limit = Options.Limit();
        return new Command("devices", "List what it did on each device.").With(Id, status, batch, oneRun, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = client.Deployments.Devices(run.Get(Id), run.Get(status), run.Get(batch), run.Get(oneRun), cancel: run.Cancel);
            await shell.Show(run.Json, all, run.Get(limit), Columns, "No devices.", run.Cancel);
        });
    }

    public static Command Device(Shell shell)
    {
        var device = Ids.Argument("device", "The device's id.");
        return new Command("device", "Show one device's record with its attempts and output.").With(Id, device).Does(shell, async run =>
        {
            using var client = run.Connect();
            var record = await client.Deployments.Device(run.Get(Id), run.Get(device), cancel: run.Cancel);
            shell.Show(run.Json, record, [.. Columns.Where(column => column.Header != "SAID")]);
            if (!run.Json)
            {
                ShowAttempts(shell, record);
            }
        });
    }

    public static Command Failures(Shell shell) =>
        new Command("failures", "Group the failures by what they say.").With(Id).Does(shell, async run =>
        {
            using var client = run.Connect();
            var groups = await client.Deployments.Failures(run.Get(Id), cancel: run.Cancel);
            await shell.Show(
                run.Json,
                groups.ToAsyncEnumerable(),
                0,
                [
                    new("DEVICES", g => g.Count.ToString(CultureInfo.InvariantCulture)),
                    new("KIND", g => EnumName.Of(g.Kind)),
                    new("EXIT", g => g.ExitCode?.ToString(CultureInfo.InvariantCulture)),
                    new("SAYS", g => g.Sample.Trim()),
                    new("KEY", g => g.FailureKey),
                ],
                "No failures.",
                run.Cancel);
        });

    public static Command Retry(Shell shell)
    {
        var devices = Ids.Arguments("devices", "The devices' ids.");
        var failure = new Option<string?>("--failure") { Description = "All devices that failed in this way: a KEY of 'failures'." };
        return new Command("retry", "Try again on devices that failed or were skipped.").With(Id, devices, failure).Does(shell, async run =>
        {
            var (ids, key) = (run.Get(devices), run.Get(failure));
            if ((ids.Length == 0) == (key is null))
            {
                throw new UsageException("Name either devices or --failure KEY.");
            }

            using var client = run.Connect();
            var answer = await client.Deployments.RetryMany(run.Get(Id), new RetryManyBody { DeviceIds = key is null ? ids : null, FailureKey = key }, run.Cancel);
            shell.Show(run.Json, answer,
            [
                new("retried", a => a.Retried.Count.ToString(CultureInfo.InvariantCulture)),
                new("refused", a => a.Refused.Count.ToString(CultureInfo.InvariantCulture)),
                .. answer.Refused.Take(20).Select(r => new Column<RetriedMany>(r.DeviceId.ToString(), _ => r.Reason)),
            ]);
            return answer.Retried.Count == 0 ? ExitCode.Refused : ExitCode.Ok;
        });
    }

    /// <summary>The last line the script wrote; where it wrote nothing, the agent's sentence.</summary>
    public static string? Said(AttemptResult? result) =>
        (string.IsNullOrWhiteSpace(result?.Output) ? result?.Error : result.Output)?.TrimEnd().ReplaceLineEndings("\n").Split('\n')[^1];

    private static string Status(DeviceRecord record) => EnumName.Of(record.Status) + record switch
    {
        { Status: DeviceRecordStatus.Running, Phase: { } phase } => $" ({EnumName.Of(phase)})",
        { Status: DeviceRecordStatus.Pending, NextAttemptAt: not null } => " (retrying)",
        { FailureKind: { } kind } => $" ({EnumName.Of(kind)})",
        { SkipReason: { } reason } => $" ({EnumName.Of(reason)})",
        _ => "",
    };

    private static void ShowAttempts(Shell shell, DeviceRecord record)
    {
        foreach (var attempt in record.Attempts ?? [])
        {
            var exit = attempt.Result?.ExitCode is { } code ? $", exit code {code}" : "";
            var took = attempt.Result?.DurationMs is { } ms ? string.Create(CultureInfo.InvariantCulture, $", {ms / 1000.0:0.0} s") : "";
            shell.Screen.Write(new Text($"-- attempt {attempt.Number}: {Printable.Line(attempt.State)}{exit}{took}{(attempt.Late ? ", late" : "")}\n", new Style(decoration: Decoration.Bold)));
            foreach (var line in Printable.Lines(attempt.Result?.Output, 200).Concat(Printable.Lines(attempt.Result?.Error, 200)).Where(line => line.Length > 0))
            {
                shell.Screen.WriteLine(line);
            }
        }
    }
}
