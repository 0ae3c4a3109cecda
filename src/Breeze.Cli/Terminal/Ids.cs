using System.CommandLine;
using System.CommandLine.Parsing;

namespace Breeze.Cli.Terminal;

/// <summary>Ids on the command line: GUIDs, refused in words that a person understands.</summary>
public static class Ids
{
    public static Argument<Guid> Argument(string name, string description) =>
        new(name) { Description = description, CustomParser = result => Parse(result, name) };

    public static Argument<Guid[]> Arguments(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [], CustomParser = result => ParseMany(result, name) };

    public static Option<Guid?> Option(string name, string description, bool required = false) =>
        new(name) { Description = description, Required = required, CustomParser = result => Parse(result, name) };

    private static Guid Parse(ArgumentResult result, string name) => Parse(result, name, result.Tokens[0].Value);

    private static Guid[] ParseMany(ArgumentResult result, string name) => [.. result.Tokens.Select(token => Parse(result, name, token.Value))];

    private static Guid Parse(ArgumentResult result, string name, string text)
    {
        if (!Guid.TryParse(text, out var id))
        {
            result.AddError($"'{text}' is not an id: {name} takes a GUID as the lists show it");
        }

        return id;
    }
}
