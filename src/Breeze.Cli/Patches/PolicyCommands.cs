using System.CommandLine;
using Breeze.Cli.Fleet;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Jobs;
using Breeze.Contracts.Policies;

namespace Breeze.Cli.Patches;

/// <summary><c>breeze policies …</c>: how fleets are patched by themselves.</summary>
public static class PolicyCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The policy's id.");

    public static Command Build(Shell shell)
    {
        IReadOnlyList<Column<ConfigurationPolicy>> columns =
        [
            new("ID", p => p.Id.ToString()),
            new("NAME", p => p.Name),
            new("OF", p => p.OrgId is { } org ? $"organization {org}" : $"partner {p.PartnerId}"),
            new("FEATURES", p => string.Join(", ", p.Features.Select(f => f.FeatureType))),
            new("SCHEDULE", p => string.Join(", ", p.Features.Select(f => Schedule(f.InlineSettings)))),
            new("UPDATED", p => Printable.Time(p.UpdatedAt, shell.Time)),
        ];
        return new Command("policies", "How fleets are patched by themselves.").With(
            ResourceCommands.List(shell, "policies", client => client.Policies, columns),
            ResourceCommands.Get(shell, "a policy", client => client.Policies, columns),
            Create(shell, columns),
            Delete(shell),
            SetPatch(shell),
            Assign(shell),
            Assignments(shell),
            Unassign(shell),
            Resolve(shell),
            Run(shell),
            PatchJob(shell));
    }

    private static Command Create(Shell shell, IReadOnlyList<Column<ConfigurationPolicy>> columns)
    {
        var org = Ids.Option("--org", "The organization it belongs to; may be left out where the key sees exactly one.");
        var partner = Ids.Option("--partner", "The partner it belongs to instead, for several of its organizations.");
        var name = ResourceCommands.Name();
        var description = PatchCommands.Text("--description", "At most 2,000 characters.");
        return ResourceCommands.Create(
            shell,
            "a policy",
            [org, partner, name, description],
            (run, client) => client.Policies.Create(
                new ConfigurationPolicyBody { OrgId = run.Get(org), PartnerId = run.Get(partner), Name = run.Get(name), Description = run.Get(description) }, run.Cancel),
            columns);
    }

    private static Command Delete(Shell shell) => new Command("delete", "Delete a policy with its assignments.").With(Id).Does(shell, async run =>
    {
        using var client = run.Connect();
        await client.Policies.Delete(run.Get(Id), cancel: run.Cancel);
        Say(run, $"Deleted {run.Get(Id)}.");
    });

    private static Command SetPatch(Shell shell)
    {
        var file = new Option<string>("--file", "-f") { Description = "The inlineSettings as JSON; '-' reads standard input.", Required = true };
        return new Command("set-patch", "Set its patch settings, whole.").With(Id, file).Does(shell, async run =>
        {
            var settings = await JsonFile.Read<PatchSettingsBody>(run.Get(file)!, run.Cancel);
            using var client = run.Connect();
            var feature = await client.Policies.SetFeature(run.Get(Id), new() { FeatureType = "patch", InlineSettings = settings }, run.Cancel);
            shell.Show(run.Json, feature, [.. Settings.Select(c => new Column<PolicyFeature>(c.Header, f => c.Value(f.InlineSettings)))]);
        });
    }

    private static Command Assign(Shell shell)
    {
        var level = new Option<string>("--level") { Description = $"One of {EnumName.Allowed<PolicyLevel>()}; the most specific wins.", Required = true }
            .AcceptOnlyFromAmong([.. Enum.GetValues<PolicyLevel>().Select(EnumName.Of)]);
        var target = Ids.Option("--target", "The partner, organization, site, group or device.", required: true);
        var priority = new Option<int?>("--priority") { Description = "0 to 10,000 (0): on one level the lower number wins." };
        return new Command("assign", "Let it govern devices.").With(Id, level, target, priority).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new PolicyAssignmentBody
            {
                Level = EnumName.TryParse<PolicyLevel>(run.Get(level), out var known) ? known : null,
                TargetId = run.Get(target),
                Priority = run.Get(priority),
            };
            shell.Show(run.Json, await client.Policies.Assign(run.Get(Id), body, run.Cancel), Assigned(shell));
        });
    }

    private static Command Assignments(Shell shell) => new Command("assignments", "List whom it governs.").With(Id).Does(shell, async run =>
    {
        using var client = run.Connect();
        await shell.Show(run.Json, client.Policies.Assignments(run.Get(Id), run.Cancel), 0, Assigned(shell), "It is assigned to nobody.", run.Cancel);
    });

    private static Command Unassign(Shell shell)
    {
        var assignment = Ids.Argument("assignment", "The assignment's id.");
        return new Command("unassign", "End an assignment.").With(Id, assignment).Does(shell, async run =>
        {
            using var client = run.Connect();
            await client.Policies.Unassign(run.Get(Id), run.Get(assignment), run.Cancel);
            Say(run, $"Ended {run.Get(assignment)}.");
        });
    }

    private static Command Resolve(Shell shell)
    {
        var device = Ids.Argument("device", "The device's id.");
        return new Command("resolve", "Show what a device obeys, and why.").With(Id, device).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(
                run.Json,
                await client.Policies.Resolve(run.Get(Id), run.Get(device), run.Cancel),
                [
                    new("obeys", r => r.Effective?.PolicyId.ToString() ?? "no policy"),
                    new("this one", r => r.IsWinning ? "yes" : "no"),
                    new("because of", r => r.Effective is { Assignment: { } a } ? $"{EnumName.Of(a.Level)} {a.TargetId}, priority {a.Priority}" : ""),
                    new("time zone", r => r.Effective?.TimeZone),
                    .. Settings.Select(c => new Column<ResolvedPatchConfig>(c.Header, r => r.Effective is { } e ? c.Value(e.Settings) : "")),
                ]);
        });
    }

    private static Command Run(Shell shell)
    {
        var (name, at) = (PatchCommands.Text("--name", "The job's name."), At());
        var org = Ids.Option("--org", "Only this organization's devices.");
        return new Command("run", "Make the job for all devices that it governs.").With(Id, org, name, at).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new PolicyRunBody { OrgId = run.Get(org), Name = run.Get(name), ScheduledAt = run.Get(at) };
            shell.Show(run.Json, await client.Policies.Run(run.Get(Id), body, run.Cancel), Made);
        });
    }

    private static Command PatchJob(Shell shell)
    {
        var devices = Ids.Arguments("devices", "Up to 500 devices, whether it governs them or not.");
        var (name, at) = (PatchCommands.Text("--name", "The job's name."), At());
        return new Command("patch-job", "Make a job for some devices by its settings.").With(Id, devices, name, at).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new PatchJobBody { DeviceIds = run.Get(devices), Name = run.Get(name), ScheduledAt = run.Get(at) };
            shell.Show(run.Json, await client.Policies.PatchJob(run.Get(Id), body, run.Cancel), Made);
        });
    }

    private static IReadOnlyList<Column<PatchJobsCreated>> Made { get; } =
    [
        new("jobs", m => string.Join(", ", m.Jobs.Select(j => $"{j.JobId} ({j.DeviceCount} devices)"))),
        new("devices", m => PatchCommands.Count(m.TotalDevices)),
        new("missing", m => string.Join(", ", m.Skipped.MissingDeviceIds)),
        new("out of reach", m => string.Join(", ", m.Skipped.InaccessibleDeviceIds)),
        new("suppressed", m => string.Join(", ", m.Skipped.MaintenanceSuppressedDeviceIds)),
    ];

    private static IReadOnlyList<Column<PatchSettingsBody>> Settings { get; } =
    [
        new("sources", s => string.Join(", ", s.Sources ?? ["all"])),
        new("auto-approves", s => s.AutoApprove == true ? string.Join(", ", s.AutoApproveSeverities ?? []) : "nothing"),
        new("schedule", Schedule),
        new("reboot", s => s.RebootPolicy),
    ];

    private static Option<DateTimeOffset?> At() => new("--at") { Description = "When it starts, ISO 8601 with an offset; now by default." };

    private static IReadOnlyList<Column<PolicyAssignment>> Assigned(Shell shell) =>
    [
        new("ID", a => a.Id.ToString()),
        new("LEVEL", a => EnumName.Of(a.Level)),
        new("TARGET", a => a.TargetId.ToString()),
        new("PRIORITY", a => PatchCommands.Count(a.Priority)),
        new("SINCE", a => Printable.Time(a.CreatedAt, shell.Time)),
    ];

    private static string Schedule(PatchSettingsBody settings) => settings.ScheduleFrequency switch
    {
        null => "none",
        "weekly" => $"weekly {settings.ScheduleDayOfWeek} {settings.ScheduleTime}",
        "monthly" => $"monthly {settings.ScheduleDayOfMonth} {settings.ScheduleTime}",
        var other => $"{other} {settings.ScheduleTime}",
    };

    private static void Say(Invocation run, string line)
    {
        if (!run.Json)
        {
            run.Say(line);
        }
    }
}
