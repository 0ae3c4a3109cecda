using System.CommandLine;
using Breeze.Cli.Demo;
using Breeze.Cli.Deployments;
using Breeze.Cli.Fleet;
using Breeze.Cli.Patches;
using Breeze.Cli.Session;
using Breeze.Cli.Terminal;

namespace Breeze.Cli;

/// <summary>All commands of <c>breeze</c>.</summary>
public static class CommandLine
{
    public static RootCommand Build(Shell shell)
    {
        var root = new RootCommand("breeze: roll changes out to a fleet of devices, in batches, watched.");
        root.With([
            Options.Json,
            DemoCommand.Build(shell),
            SessionCommands.Login(shell),
            SessionCommands.Logout(shell),
            SessionCommands.SignIn(shell),
            DeploymentCommands.Build(shell),
            .. FleetCommands.Build(shell),
            ScriptCommands.Build(shell),
            .. KeyCommands.Build(shell),
            ClusterCommands.Build(shell),
            PatchCommands.Build(shell),
            PolicyCommands.Build(shell),
            ComplianceCommands.Build(shell),
            SoftwareCommands.Build(shell),
        ]);
        return root;
    }

    /// <summary>Parses and runs; what cannot be parsed is one sentence on standard error and <see cref="ExitCode.Usage"/>.</summary>
    public static async Task<int> Run(string[] args, Shell shell)
    {
        var parse = Build(shell).Parse(args);
        if (parse.Errors.Count > 0 && !AsksForHelp(parse))
        {
            var command = string.Join(' ', Names(parse.CommandResult));
            // An unknown word also makes the command incomplete: the word is what to tell about.
            var wrong = parse.UnmatchedTokens is [var unknown, ..] ? $"'{unknown}' is not known to '{command}'" : parse.Errors[0].Message.TrimEnd('.');
            return CommandActions.Fail(shell, $"{wrong}. See '{command} --help'.", ExitCode.Usage);
        }

        var settings = new InvocationConfiguration
        {
            Output = shell.Output,
            Error = shell.Errors,
            EnableDefaultExceptionHandler = false,
            // The demo stops a server that drains for up to 30 s.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(40),
        };
        return await parse.InvokeAsync(settings);
    }

    private static bool AsksForHelp(ParseResult parse) =>
        parse.Action is System.CommandLine.Help.HelpAction or { Terminating: true, ClearsParseErrors: true };

    private static IEnumerable<string> Names(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent ? [.. Names(parent), result.Command.Name] : [result.Command is RootCommand ? "breeze" : result.Command.Name];
}
