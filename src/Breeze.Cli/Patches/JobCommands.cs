using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Jobs;

namespace Breeze.Cli.Patches;

/// <summary><c>breeze patches jobs …</c> and <c>breeze patches rollback …</c>.</summary>
internal static class JobCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The job's id.");

    public static IEnumerable<Command> Build(Shell shell) =>
    [
        new Command("jobs", "Patches on their way to devices.").With(List(shell), Get(shell), Results(shell), Watch(shell), Cancel(shell)),
        Rollback(shell),
        new Command("rollbacks", "Patches on their way off devices.").With(Rollbacks(shell), CancelRollback(shell)),
    ];

    internal static IReadOnlyList<Column<PatchJob>> Columns(Shell shell) =>
    [
        new("ID", j => j.Id.ToString()),
        new("NAME", j => j.Name),
        new("STATUS", j => j.Status),
        new("DEVICES", j => PatchCommands.Count(j.DevicesTotal)),
        new("DONE", j => PatchCommands.Count(j.DevicesCompleted)),
        new("FAILED", j => PatchCommands.Count(j.DevicesFailed)),
        new("SKIPPED", j => PatchCommands.Count(j.DevicesSkipped)),
        new("SCHEDULED", j => Printable.Time(j.ScheduledAt, shell.Time)),
        new("DEADLINE", j => Printable.Time(j.DeadlineAt, shell.Time)),
    ];

    private static Command List(Shell shell)
    {
        var status = PatchCommands.Text("--status", "scheduled, running, completed, failed or cancelled.");
        var policy = Ids.Option("--policy", "Only this policy's.");
        var org = Ids.Option("--org", "Only this organization's.");
        var limit = Options.Limit();
        return new Command("list", "List jobs, newest first.").With(status, policy, org, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = client.Jobs.List([("status", run.Get(status)), ("policyId", run.Get(policy)), ("orgId", run.Get(org))], run.Cancel);
            await shell.Show(run.Json, all, run.Get(limit), Columns(shell), "No jobs.", run.Cancel);
        });
    }

    private static Command Get(Shell shell) => new Command("get", "Show one job.").With(Id).Does(shell, async run =>
    {
        using var client = run.Connect();
        shell.Show(run.Json, await client.Jobs.Get(run.Get(Id), run.Cancel), Columns(shell));
    });

    private static Command Cancel(Shell shell) => new Command("cancel", "End a job for good; what devices have accepted goes on.").With(Id).Does(shell, async run =>
    {
        using var client = run.Connect();
        shell.Show(run.Json, await client.Jobs.Cancel(run.Get(Id), run.Cancel), Columns(shell));
    });

    private static Command Results(Shell shell)
    {
        var status = PatchCommands.Text("--status", "pending, running, completed, failed or skipped.");
        var limit = Options.Limit();
        return new Command("results", "List a job's devices, patch by patch.").With(Id, status, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            await shell.Show(
                run.Json,
                client.Jobs.Results(run.Get(Id), run.Get(status), run.Cancel),
                run.Get(limit),
                [
                    new("DEVICE", r => r.DeviceHostname),
                    new("STATUS", r => EnumName.Of(r.Status)),
                    new("WHY", r => r.SkipReason is { } skipped ? EnumName.Of(skipped) : r.FailureKind is { } failed ? EnumName.Of(failed) : r.Error),
                    new("PATCHES", r => string.Join(", ", r.Patches.GroupBy(p => p.Status).Select(g => $"{g.Count()} {g.Key}"))),
                    new("ERRORS", r => string.Join("; ", r.Patches.Where(p => p.Error is not null).Select(p => $"{p.Title}: {p.Error}"))),
                    new("REBOOT", r => r.Patches.Any(p => p.RebootRequired) ? "needed" : ""),
                ],
                "No devices.",
                run.Cancel);
        });
    }

    private static Command Watch(Shell shell) =>
        new Command("watch", "Follow a job until it ends; with --json one message a line. Exit code 1 when it failed or was cancelled.").With(Id).Does(shell, async run =>
        {
            using var client = run.Connect();
            await using var live = client.Live();
            return await new JobWatch(shell, client, live, run.Get(Id), run.Json).UntilEnd(run.Cancel);
        });

    private static Command Rollback(Shell shell)
    {
        var patch = Ids.Argument("patch", "The patch's id.");
        var devices = new Option<string[]>("--device") { Description = "One device; repeat it for more. Every device that has it by default." };
        var reason = PatchCommands.Text("--reason", "Kept with it.");
        var at = new Option<DateTimeOffset?>("--at") { Description = "When, ISO 8601 with an offset; now by default." };
        return new Command("rollback", "Take a patch off devices.").With(patch, devices, reason, at).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new PatchRollbackBody
            {
                Reason = run.Get(reason),
                ScheduleType = run.Get(at) is null ? "immediate" : "scheduled",
                ScheduledTime = run.Get(at),
                DeviceIds = run.Get(devices) is { Length: > 0 } named ? [.. named.Select(Parse)] : null,
            };
            shell.Show(
                run.Json,
                await client.Rollbacks.Create(run.Get(patch), body, run.Cancel),
                [
                    new("rollback", a => string.Join(", ", a.RollbackIds)),
                    new("devices", a => PatchCommands.Count(a.DeviceCount)),
                    new("failed", a => string.Join(", ", a.FailedDeviceIds)),
                    new("missing", a => string.Join(", ", a.Skipped.MissingDeviceIds)),
                    new("out of reach", a => string.Join(", ", a.Skipped.InaccessibleDeviceIds)),
                ]);
        });
    }

    private static Command Rollbacks(Shell shell)
    {
        var status = PatchCommands.Text("--status", "pending, running, completed, failed or cancelled.");
        var patch = Ids.Option("--patch", "Only of this patch.");
        var limit = Options.Limit();
        return new Command("list", "List rollbacks, device by device.").With(status, patch, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            await shell.Show(
                run.Json,
                client.Rollbacks.List([("status", run.Get(status)), ("patchId", run.Get(patch))], run.Cancel),
                run.Get(limit),
                [
                    new("ROLLBACK", r => r.RollbackId.ToString()),
                    new("DEVICE", r => r.DeviceHostname),
                    new("STATUS", r => r.Status),
                    new("SCHEDULED", r => Printable.Time(r.ScheduledAt, shell.Time)),
                    new("ERROR", r => r.ErrorMessage),
                ],
                "No rollbacks.",
                run.Cancel);
        });
    }

    private static Command CancelRollback(Shell shell)
    {
        var id = Ids.Argument("id", "The rollback's id, over all its devices.");
        return new Command("cancel", "End a rollback for good.").With(id).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(run.Json, await client.Rollbacks.Cancel(run.Get(id), run.Cancel), [new("rollback", r => r.Id.ToString()), new("status", r => r.Status)]);
        });
    }

    private static Guid Parse(string text) => Guid.TryParse(text, out var id) ? id : throw new UsageException($"'{text}' is not an id: --device takes a GUID.");
}
