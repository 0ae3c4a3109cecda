using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Fleet;
using Command = System.CommandLine.Command;

namespace Breeze.Cli.Fleet;

/// <summary><c>breeze scripts …</c>: what a deployment runs.</summary>
public static class ScriptCommands
{
    public static Command Build(Shell shell)
    {
        IReadOnlyList<Column<Script>> columns =
        [
            new("ID", s => s.Id.ToString()),
            new("NAME", s => s.Name),
            new("LANGUAGE", s => EnumName.Of(s.Language)),
            new("TIMEOUT", s => $"{s.TimeoutSeconds} s"),
            new("PARAMETERS", s => string.Join(", ", s.Parameters.Select(p => p.Name))),
            new("UPDATED", s => Printable.Time(s.UpdatedAt, shell.Time)),
        ];
        var org = Ids.Option("--org", "The organization; may be left out where the key sees exactly one.");
        var name = ResourceCommands.Name();
        var language = new Option<string>("--language") { Description = $"One of {EnumName.Allowed<ScriptLanguage>()}.", Required = true }.AcceptOnlyFromAmong(Languages);
        var file = new Option<string>("--file", "-f") { Description = "The script's text.", Required = true };
        var timeout = new Option<int?>("--timeout") { Description = "Seconds that it may run, 1 to 86400; 300 by default." };
        var parameters = new Option<string[]>("--parameter", "-p")
        {
            Description = "NAME or NAME=DEFAULT; handed to the script as an environment variable. Without a default a run must give it.",
        };
        return new Command("scripts", "What deployments run.").With(
            ResourceCommands.List(shell, "scripts", client => client.Scripts, columns),
            ResourceCommands.Get(shell, "a script", client => client.Scripts, [.. columns, new Column<Script>("CONTENT", s => s.Content)]),
            ResourceCommands.Create(
                shell,
                "a script",
                [org, name, language, file, timeout, parameters],
                async (run, client) => await client.Scripts.Create(
                    new ScriptBody
                    {
                        OrgId = run.Get(org),
                        Name = run.Get(name),
                        Language = EnumName.TryParse<ScriptLanguage>(run.Get(language), out var known) ? known : null,
                        Content = await Text(run.Get(file)!, run.Cancel),
                        TimeoutSeconds = run.Get(timeout),
                        Parameters = [.. (run.Get(parameters) ?? []).Select(Parameter)],
                    },
                    run.Cancel),
                columns));
    }

    private static string[] Languages { get; } = [.. Enum.GetValues<ScriptLanguage>().Select(EnumName.Of)];

    private static ScriptParameterBody Parameter(string text) => text.Split('=', 2) is [var name, var value]
        ? new ScriptParameterBody { Name = name, Default = value }
        : new ScriptParameterBody { Name = text, Required = true };

    private static async Task<string> Text(string path, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancel);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {failed.Message}", failed);
        }
    }
}
