using System.Text.Json;
using System.Text.RegularExpressions;
using Breeze.Contracts;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>Turns the framework's words for a request it could not read into ours.</summary>
/// <remarks>Its own name .NET types and members, which say nothing to a caller and something to an attacker.</remarks>
public static partial class BadRequests
{
    /// <summary>The status and the sentence for a request that could not be bound.</summary>
    /// <param name="body">The type that the route reads its body as; null when it reads none.</param>
    public static (int Status, Refusal Refusal) Explain(BadHttpRequestException exception, Type? body = null)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (413, Refusal.Invalid("The body is larger than 1 MB."));
        }

        if (exception.StatusCode == StatusCodes.Status415UnsupportedMediaType)
        {
            return (415, Refusal.Invalid("The body must be sent as application/json."));
        }

        if (exception.InnerException is JsonException json)
        {
            return (400, Explain(json, body));
        }

        var match = BoundParameter().Match(exception.Message);
        if (match.Success)
        {
            var name = match.Groups["name"].Value;
            return (400, Refusal.Invalid($"{name} must be {Wanted(match.Groups["type"].Value)}.", name));
        }

        match = MissingParameter().Match(exception.Message);
        if (match.Success && match.Groups["from"].Value != "body")
        {
            var name = match.Groups["name"].Value;
            return (400, Refusal.Invalid($"{name} is required.", name));
        }

        return match.Success || exception.Message.Contains("no body was provided", StringComparison.Ordinal)
            ? (400, Refusal.Invalid("A JSON body is required."))
            : (400, Refusal.Invalid("The request could not be read."));
    }

    /// <summary>The sentence for a JSON text that could not be read, naming the member's path where there is one.</summary>
    public static Refusal Explain(JsonException exception, Type? body = null)
    {
        var path = Path(exception);
        if (exception is WireFormatException)
        {
            return Refusal.Invalid($"{path} {exception.Message}.", path);
        }

        var message = exception.Message;
        if (UnknownMember().Match(message) is { Success: true } unknown)
        {
            var field = Join(path, unknown.Groups["name"].Value);
            return Refusal.Invalid($"{field} is not a member of this request.", field);
        }

        if (MissingMembers().Match(message) is { Success: true } missing)
        {
            var fields = QuotedName().Matches(missing.Groups["names"].Value).Select(m => Join(path, m.Groups["name"].Value)).ToArray();
            return Refusal.Invalid($"{string.Join(", ", fields)} {(fields.Length == 1 ? "is" : "are")} required.", fields.FirstOrDefault());
        }

        if (message.StartsWith("Duplicate propert", StringComparison.Ordinal))
        {
            return Refusal.Invalid(path is null ? "The body has a member twice." : $"{path} is given twice.", path);
        }

        if (message.Contains("allow null", StringComparison.Ordinal) || message.Contains("allow getting null", StringComparison.Ordinal))
        {
            return Refusal.Invalid($"{path} must not be null.", path);
        }

        if (message.Contains("could not be converted to", StringComparison.Ordinal))
        {
            return Refusal.Invalid($"{path ?? "The body"} must be {BodyTypes.Wanted(body, path) ?? "of another kind"}.", path);
        }

        if (message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return Refusal.Invalid($"The body is nested deeper than {BreezeJson.MaxDepth} levels.");
        }

        return Refusal.Invalid($"The body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
    }

    private static string? Path(JsonException exception) =>
        exception.Path is null or "$" or "" ? null : exception.Path.StartsWith("$.", StringComparison.Ordinal) ? exception.Path[2..] : exception.Path;

    // The path of an unknown or missing member may end with the member or with the object around it.
    private static string Join(string? path, string name) =>
        path is null ? name : path == name || path.EndsWith("." + name, StringComparison.Ordinal) ? path : $"{path}.{name}";

    // Route and query parameters alone; what a body wants BodyTypes knows.
    private static string Wanted(string type) => type.TrimEnd('?') switch
    {
        "Guid" => "a GUID",
        "int" or "long" => "a whole number in its range",
        "bool" => "true or false",
        "DateTimeOffset" => "a time in ISO 8601 with an offset",
        _ => "readable",
    };

    [GeneratedRegex("^Failed to bind parameter \"(?<type>.+) (?<name>[^ \"]+)\" from ", RegexOptions.NonBacktracking)]
    private static partial Regex BoundParameter();

    [GeneratedRegex("^Required parameter \"(?<type>.+) (?<name>[^ \"]+)\" was not provided from (?<from>[a-z]+)", RegexOptions.NonBacktracking)]
    private static partial Regex MissingParameter();

    [GeneratedRegex("^The JSON property '(?<name>.*)' could not be mapped", RegexOptions.NonBacktracking)]
    private static partial Regex UnknownMember();

    [GeneratedRegex("was missing required properties including: (?<names>.*)\\.", RegexOptions.NonBacktracking)]
    private static partial Regex MissingMembers();

    [GeneratedRegex("'(?<name>[^']+)'", RegexOptions.NonBacktracking)]
    private static partial Regex QuotedName();
}
