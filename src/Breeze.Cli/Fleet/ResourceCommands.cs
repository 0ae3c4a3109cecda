using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Client.Resources;

namespace Breeze.Cli.Fleet;

/// <summary>What all lists and creations have in common.</summary>
internal static class ResourceCommands
{
    public static Command List<T>(Shell shell, string what, Func<BreezeClient, ListedResource<T>> of, IReadOnlyList<Column<T>> columns, bool byOrg = true)
    {
        var org = Ids.Option("--org", "Only those of this organization.");
        var limit = Options.Limit();
        return new Command("list", $"List {what}, newest first.").With(byOrg ? [org, limit] : [limit]).Does(shell, async run =>
        {
            using var client = run.Connect();
            var all = of(client).List([("orgId", byOrg ? run.Get(org) : null)], run.Cancel);
            await shell.Show(run.Json, all, run.Get(limit), columns, $"No {what}.", run.Cancel);
        });
    }

    public static Command Create<T>(
        Shell shell, string what, IEnumerable<Option> options, Func<Invocation, BreezeClient, Task<T>> create, IReadOnlyList<Column<T>> columns) =>
        new Command("create", $"Make {what}.").With(options).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(run.Json, await create(run, client), columns);
        });

    public static Command Get<T>(Shell shell, string what, Func<BreezeClient, Resource<T>> of, IReadOnlyList<Column<T>> columns)
    {
        var id = Ids.Argument("id", "Its id.");
        return new Command("get", $"Show {what}.").With(id).Does(shell, async run =>
        {
            using var client = run.Connect();
            shell.Show(run.Json, await of(client).Get(run.Get(id), run.Cancel), columns);
        });
    }

    public static Option<string> Name() => new("--name") { Description = "Its name, 1 to 200 characters.", Required = true };
}
