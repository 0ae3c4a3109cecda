using System.CommandLine;
using Breeze.Client;

namespace Breeze.Cli.Terminal;

/// <summary>One run of one command.</summary>
public sealed class Invocation(Shell shell, ParseResult parse, CancellationToken cancel)
{
    public Shell Shell => shell;

    public CancellationToken Cancel => cancel;

    public bool Json => parse.GetValue(Options.Json);

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetRequiredValue(argument);

    /// <summary>A client for the stored login; the caller disposes it.</summary>
    public BreezeClient Connect() => shell.Connect(shell.Logins.Read());

    public void Say(string line) => shell.Output.WriteLine(line);
}

/// <summary>Options that every command has.</summary>
public static class Options
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON for scripts instead of tables for people.", Recursive = true };

    public static Option<int> Limit() => new("--limit") { Description = "How many to show at most; 0 shows all.", DefaultValueFactory = _ => 50, Validators = { NotNegative } };

    private static void NotNegative(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 0)
        {
            result.AddError("--limit cannot be negative.");
        }
    }
}
