using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Deployments;

/// <summary><c>breeze deployments …</c>: making, running and watching rollouts.</summary>
public static class DeploymentCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The deployment's id.");

    public static Command Build(Shell shell) => new Command("deployments", "Make, run and watch rollouts.").With(
        List(shell),
        Get(shell),
        Create(shell),
        Delete(shell),
        Initialize(shell),
        Start(shell),
        Watch(shell),
        Action(shell, "pause", "Stop sending; devices in flight finish.", (d, id, cancel) => d.Pause(id, cancel)),
        Action(shell, "resume", "Go on, and accept the failures so far.", (d, id, cancel) => d.Resume(id, cancel)),
        Action(shell, "cancel", "End it for good.", (d, id, cancel) => d.Cancel(id, cancel)),
        Action(shell, "rollback", "Undo it on the devices that completed.", (d, id, cancel) => d.Rollback(id, cancel)),
        DeviceRecordCommands.Devices(shell),
        DeviceRecordCommands.Device(shell),
        DeviceRecordCommands.Failures(shell),
        DeviceRecordCommands.Retry(shell));

    public static IReadOnlyList<Column<Deployment>> Columns(TimeProvider time) =>
    [
        new("ID", d => d.Id.ToString()),
        new("NAME", d => d.Name),
        new("TYPE", d => d.Type),
        new("STATUS", d => EnumName.Of(d.Status)),
        new("DONE", d => d.Progress is { } p ? $"{p.PercentComplete}%" : ""),
        new("DEVICES", d => d.Progress?.Total.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("FAILED", d => d.Progress?.Failed.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("CREATED", d => Printable.Time(d.CreatedAt, time)),
    ];

    /// <summary>One deployment in full, for people.</summary>
    public static IReadOnlyList<Column<Deployment>> Details(TimeProvider time) =>
    [
        new("id", d => d.Id.ToString()),
        new("name", d => d.Name),
        new("status", d => EnumName.Of(d.Status) + (d.PausedReason is { } why ? $": {why}" : "")),
        new("type", d => d.Type),
        new("targets", d => d.TargetType),
        new("rollout", d => d.RolloutConfig.Type + (d.RolloutConfig.Staggered?.BatchSize is { } size ? $", batches of {size}" : "")),
        new("devices", d => d.Progress is { } p ? RolloutLine.Counts(p) : "not initialized"),
        new("batch", d => d.Progress is { TotalBatches: { } n } p ? $"{p.CurrentBatch ?? 0} of {n}" : ""),
        new("next batch", d => Printable.Time(d.Progress?.NextBatchAt, time)),
        new("created", d => $"{Printable.Time(d.CreatedAt, time)} by {d.CreatedBy}"),
        new("started", d => Printable.Time(d.StartedAt, time)),
        new("completed", d => Printable.Time(d.CompletedAt, time)),
    ];

    private static Command List(Shell shell)
    {
        var status = new Option<string?>("--status") { Description = "Only those in this state ('active' for the three running ones)." };
        var type = new Option<string?>("--type") { Description = "Only script, patch, software or policy." };
        var org = Ids.Option("--org", "Only those of this organization.");
        var limit = Options.Limit();
        return new Command("list", "List deployments, newest first.").With(status, type, org, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = client.Deployments.List(run.Get(status), run.Get(type), run.Get(org), cancel: run.Cancel);
            await shell.Show(run.Json, all, run.Get(limit), Columns(shell.Time), "No deployments.", run.Cancel);
        });
    }

    private static Command Get(Shell shell)
    {
        var oneRun = new Option<string?>("--run") { Description = "'rollout' shows the first run of one that was rolled back." };
        return new Command("get", "Show one deployment.").With(Id, oneRun).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(run.Json, (await client.Deployments.Get(run.Get(Id), run.Get(oneRun), run.Cancel)).Value, Details(shell.Time));
        });
    }

    private static Command Create(Shell shell)
    {
        var file = new Option<string>("--file", "-f") { Description = "A JSON file as POST /deployments takes it; '-' reads standard input.", Required = true };
        return new Command("create", "Create a draft.").With(file).Does(shell, async run =>
        {
            var body = await JsonFile.Read<DeploymentBody>(run.Get(file)!, run.Cancel);
            using var client = run.Connect();
            shell.Show(run.Json, (await client.Deployments.Create(body, run.Cancel)).Value, Details(shell.Time));
        });
    }

    private static Command Delete(Shell shell) =>
        new Command("delete", "Delete a draft.").With(Id).Does(shell, async run =>
        {
            using var client = run.Connect();
            await client.Deployments.Delete(run.Get(Id), cancel: run.Cancel);
            if (!run.Json)
            {
                run.Say($"Deleted {run.Get(Id)}.");
            }
        });

    private static Command Initialize(Shell shell) =>
        new Command("initialize", "Resolve the targets and their batches; nothing is sent yet.").With(Id).Does(shell, async run =>
        {
            using var client = run.Connect();
            var made = await client.Deployments.Initialize(run.Get(Id), run.Cancel);
            shell.Show(run.Json, made,
            [
                new("deployment", i => $"{i.Id} ({EnumName.Of(i.Status)})"),
                new("devices", i => $"{i.DeviceCount}, now offline {i.OfflineCount}, outside their window {i.OutsideWindowCount}"),
                new("batches", i => $"{i.TotalBatches}: {string.Join(", ", i.Batches.Take(20).Select(b => b.DeviceCount))}{(i.TotalBatches > 20 ? ", …" : "")}"),
                new("excluded", i => $"{i.ExcludedCount}{string.Concat(i.Excluded.Take(5).Select(e => $", {e.DeviceId} ({e.Reason})"))}"),
            ]);
        });

    private static Command Start(Shell shell)
    {
        var watch = new Option<bool>("--watch") { Description = "Follow it until it ends." };
        return new Command("start", "Begin the rollout.").With(Id, watch).Does(shell, async run =>
        {
            using var client = run.Connect();
            var started = await client.Deployments.Start(run.Get(Id), run.Cancel);
            if (run.Get(watch))
            {
                return await Follow(run, client, stopWhenPaused: false);
            }

            shell.Show(run.Json, started, Details(shell.Time));
            return ExitCode.Ok;
        });
    }

    private static Command Watch(Shell shell)
    {
        var stop = new Option<bool>("--stop-when-paused") { Description = "End also when it pauses (exit code 1), instead of waiting for an operator." };
        return new Command("watch", "Follow a rollout until it ends; with --json one message a line.").With(Id, stop).Does(shell, async run =>
        {
            using var client = run.Connect();
            return await Follow(run, client, run.Get(stop));
        });
    }

    private static async Task<int> Follow(Invocation run, BreezeClient client, bool stopWhenPaused)
    {
        var ended = await new RolloutWatch(run.Shell, client, run.Get(Id), run.Json ? WatchStyle.JsonLines : WatchStyle.People, stopWhenPaused).UntilEnd(run.Cancel);
        if (!run.Json)
        {
            run.Say($"{Printable.Line(ended.Name)}: {EnumName.Of(ended.Status)}{(ended.Progress is { } p ? $"; {RolloutLine.Counts(p)}" : "")}.");
        }

        return RolloutWatch.Code(ended.Status);
    }

    private static Command Action(Shell shell, string name, string what, Func<DeploymentsClient, Guid, CancellationToken, Task<Deployment>> act) =>
        new Command(name, what).With(Id).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(run.Json, await act(client.Deployments, run.Get(Id), run.Cancel), Details(shell.Time));
        });
}
