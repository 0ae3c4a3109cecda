using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Contracts.Patches;

namespace Breeze.Cli.Patches;

/// <summary>Approving, declining and deferring patches, and who did.</summary>
internal static class DecisionCommands
{
    private static readonly Argument<Guid> Id = Ids.Argument("id", "The patch's id.");
    private static readonly Option<Guid?> Org = Ids.Option("--org", "The organization that decides; may be left out where the key sees exactly one.");
    private static readonly Option<string> Note = PatchCommands.Text("--note", "Kept with the decision, at most 2,000 characters.");

    public static IEnumerable<Command> Build(Shell shell) => [Approve(shell), Decline(shell), Defer(shell), Bulk(shell), Approvals(shell), History(shell)];

    private static IReadOnlyList<Column<DecidedPatch>> Decided(Shell shell) =>
    [
        new("patch", d => d.PatchId.ToString()),
        new("status", d => d.Status),
        new("until", d => Printable.Time(d.DeferUntil, shell.Time)),
        new("note", d => d.Note),
        new("by", d => d.DecidedBy.Name),
    ];

    private static Command Approve(Shell shell) => new Command("approve", "Let a patch be installed.").With(Id, Org, Note).Does(shell, async run =>
    {
        using var client = run.Connect();
        shell.Show(run.Json, await client.Patches.Approve(run.Get(Id), Body(run), run.Cancel), Decided(shell));
    });

    private static Command Decline(Shell shell) => new Command("decline", "Reject a patch; it can still be approved later.").With(Id, Org, Note).Does(shell, async run =>
    {
        using var client = run.Connect();
        shell.Show(run.Json, await client.Patches.Decline(run.Get(Id), Body(run), run.Cancel), Decided(shell));
    });

    private static Command Defer(Shell shell)
    {
        var until = new Option<DateTimeOffset>("--until") { Description = "When it is pending again, ISO 8601 with an offset.", Required = true };
        return new Command("defer", "Put the decision off.").With(Id, until, Org, Note).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new DeferralBody { OrgId = run.Get(Org), DeferUntil = run.Get(until), Note = run.Get(Note) };
            shell.Show(run.Json, await client.Patches.Defer(run.Get(Id), body, run.Cancel), Decided(shell));
        });
    }

    private static Command Bulk(Shell shell)
    {
        var ids = Ids.Arguments("ids", "Up to 1,000 patches.");
        return new Command("bulk-approve", "Approve many; exit code 1 when some were not.").With(ids, Org, Note).Does(shell, async run =>
        {
            using var client = run.Connect();
            var body = new BulkApprovalBody { OrgId = run.Get(Org), PatchIds = run.Get(ids), Note = run.Get(Note) };
            var answer = await client.Patches.BulkApprove(body, run.Cancel);
            shell.Show(
                run.Json,
                answer,
                [
                    new("approved", a => PatchCommands.Count(a.Approved.Count)),
                    new("not approved", a => string.Join(", ", a.Failed.Select(f => $"{f.PatchId} ({f.Reason})"))),
                ]);
            return answer.Failed.Count == 0 ? ExitCode.Ok : ExitCode.DeploymentFailed;
        });
    }

    private static Command Approvals(Shell shell)
    {
        var status = PatchCommands.Text("--status", "pending, approved, rejected or deferred.");
        var limit = Options.Limit();
        return new Command("approvals", "List decided patches as they stand now.").With(status, Org, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            await shell.Show(
                run.Json,
                client.Patches.Approvals.List([("status", run.Get(status)), ("orgId", run.Get(Org))], run.Cancel),
                run.Get(limit),
                [
                    new("PATCH", a => a.PatchId.ToString()),
                    new("EXTERNAL ID", a => a.ExternalId),
                    new("TITLE", a => a.Title),
                    new("STATUS", a => a.Status),
                    new("UNTIL", a => Printable.Time(a.DeferUntil, shell.Time)),
                    new("BY", a => $"{a.DecidedBy.Kind} {a.DecidedBy.Name}"),
                    new("AT", a => Printable.Time(a.DecidedAt, shell.Time)),
                    new("NOTE", a => a.Note),
                ],
                "Nothing is decided.",
                run.Cancel);
        });
    }

    private static Command History(Shell shell)
    {
        var limit = Options.Limit();
        return new Command("history", "List every decision about a patch, the latest first.").With(Id, Org, limit).Does(shell, async run =>
        {
            using var client = run.Connect();
            await shell.Show(
                run.Json,
                client.Patches.History(run.Get(Id), run.Get(Org), run.Cancel),
                run.Get(limit),
                [
                    new("AT", d => Printable.Time(d.DecidedAt, shell.Time)),
                    new("STATUS", d => d.Status),
                    new("UNTIL", d => Printable.Time(d.DeferUntil, shell.Time)),
                    new("BY", d => $"{d.DecidedBy.Kind} {d.DecidedBy.Name}"),
                    new("FOR", d => d.Scope is { } scope ? $"{scope.Level} {scope.TargetId}" : "organization"),
                    new("NOTE", d => d.Note),
                ],
                "Nothing was decided.",
                run.Cancel);
        });
    }

    private static DecisionBody Body(Invocation run) => new() { OrgId = run.Get(Org), Note = run.Get(Note) };
}
