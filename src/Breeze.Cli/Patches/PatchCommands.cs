using System.CommandLine;
using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts.Patches;

namespace Breeze.Cli.Patches;

/// <summary><c>breeze patches …</c>: what devices could have, and what is decided about it.</summary>
public static class PatchCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The patch's id.");

    public static Command Build(Shell shell) => new Command("patches", "What devices have and could have, and what is decided about it.").With(
        [List(shell), Get(shell), Sources(shell), Scan(shell), OnDevice(shell), .. DecisionCommands.Build(shell), .. JobCommands.Build(shell)]);

    internal static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<Column<Patch>> Columns(Shell shell) =>
    [
        new("ID", p => p.Id.ToString()),
        new("SOURCE", p => p.Source),
        new("PATCH", p => p.ExternalId),
        new("TITLE", p => p.Title),
        new("SEVERITY", p => p.Severity),
        new("APPROVAL", p => p.ApprovalStatus),
        new("PENDING", p => Count(p.Counts.Pending)),
        new("INSTALLED", p => Count(p.Counts.Installed)),
        new("FAILED", p => Count(p.Counts.Failed)),
        new("SEEN", p => Printable.Time(p.CreatedAt, shell.Time)),
    ];

    private static Command List(Shell shell)
    {
        var org = Ids.Option("--org", "One organization's view, with its approvals.");
        var source = Text("--source", "microsoft, apple, linux, third_party or custom.");
        var severity = Text("--severity", "critical, important, moderate, low or unknown.");
        var os = Text("--os", "windows, macos or linux.");
        var status = Text("--status", "The approval: pending, approved, rejected or deferred; needs one organization.");
        var search = Text("--search", "Part of the title or the external id.");
        var sort = Text("--sort", "createdAt, releaseDate, severity or title; a minus in front turns it round: --sort=-severity.");
        var limit = Options.Limit();
        return new Command("list", "List the catalogue, newest first.").With(org, source, severity, os, status, search, sort, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = client.Patches.List(
                [
                    ("orgId", run.Get(org)), ("source", run.Get(source)), ("severity", run.Get(severity)), ("os", run.Get(os)),
                    ("status", run.Get(status)), ("search", run.Get(search)), ("sort", run.Get(sort)),
                ],
                run.Cancel);
            await shell.Show(run.Json, all, run.Get(limit), Columns(shell), "No patches.", run.Cancel);
        });
    }

    private static Command Get(Shell shell)
    {
        var org = Ids.Option("--org", "As this organization sees it.");
        return new Command("get", "Show one patch.").With(Id, org).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(
                run.Json,
                await client.Patches.Get(run.Get(Id), run.Get(org), run.Cancel),
                [
                    .. Columns(shell),
                    new("DESCRIPTION", p => p.Description),
                    new("VERSION", p => p.Version),
                    new("SYSTEMS", p => string.Join(", ", p.OsTypes)),
                    new("SKIPPED", p => Count(p.Counts.Skipped)),
                    new("MISSING", p => Count(p.Counts.Missing)),
                ]);
        });
    }

    private static Command Sources(Shell shell)
    {
        var org = Ids.Option("--org", "Count one organization's patches alone.");
        var os = Text("--os", "windows, macos or linux: the sources that such a device can have.");
        return new Command("sources", "List where patches come from.").With(org, os).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = client.Patches.Sources.List([("orgId", run.Get(org)), ("os", run.Get(os))], run.Cancel);
            await shell.Show(
                run.Json,
                all,
                0,
                [
                    new("SOURCE", s => s.Source),
                    new("PATCHES", s => Count(s.PatchCount)),
                    new("SYSTEMS", s => string.Join(", ", s.OsTypes)),
                    new("WHAT", s => s.Description),
                ],
                "No sources.",
                run.Cancel);
        });
    }

    private static Command Scan(Shell shell)
    {
        var devices = Ids.Arguments("devices", "The devices' ids.");
        var source = Text("--source", "One source; all that the device's system has by default.");
        return new Command("scan", "Let devices look for patches; those that are offline do so when they connect.").With(devices, source).Does(shell, async run =>
        {
            if (run.Get(devices) is not { Length: > 0 } ids)
            {
                throw new UsageException("scan takes the ids of the devices.");
            }

            using var client = run.Connect();
            shell.Show(
                run.Json,
                await client.Patches.Scan(ids, run.Get(source), run.Cancel),
                [
                    new("devices", a => Count(a.DeviceCount)),
                    new("sent", a => Count(a.DispatchedCommandIds.Count)),
                    new("waiting for their devices", a => Count(a.PendingCommandIds.Count)),
                    new("failed", a => string.Join(", ", a.FailedDeviceIds)),
                    new("missing", a => string.Join(", ", a.Skipped.MissingDeviceIds)),
                    new("out of reach", a => string.Join(", ", a.Skipped.InaccessibleDeviceIds)),
                ]);
        });
    }

    private static Command OnDevice(Shell shell)
    {
        var device = Ids.Argument("device", "The device's id.");
        var status = Text("--status", "pending, installed, failed, skipped or missing.");
        var limit = Options.Limit();
        return new Command("device", "List what one device has and is offered.").With(device, status, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            await shell.Show(
                run.Json,
                client.Patches.OnDevice(run.Get(device), run.Get(status), cancel: run.Cancel),
                run.Get(limit),
                [
                    new("ID", p => p.Id.ToString()),
                    new("PATCH", p => p.ExternalId),
                    new("TITLE", p => p.Title),
                    new("SEVERITY", p => p.Severity),
                    new("STATUS", p => p.Status),
                    new("APPROVAL", p => p.ApprovalStatus),
                    new("HAS", p => p.CurrentVersion),
                    new("VERSION", p => p.Version),
                    new("ERROR", p => p.Error),
                ],
                "No patches.",
                run.Cancel);
        });
    }

    internal static Option<string> Text(string name, string description) => new(name) { Description = description };
}
