using System.Text.Json;
using Breeze.Contracts;

namespace Breeze.Cli.Terminal;

/// <summary>A request body from a file, checked for its shape before anything is sent.</summary>
public static class JsonFile
{
    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <exception cref="UsageException">It cannot be read, is not JSON, or has a member that the body does not know.</exception>
    public static async Task<T> Read<T>(string path, CancellationToken cancel)
    {
        try
        {
            var text = path == "-" ? await Console.In.ReadToEndAsync(cancel) : await File.ReadAllTextAsync(path, cancel);
            return JsonSerializer.Deserialize<T>(text, BreezeJson.Options) ?? throw new UsageException($"{path} holds no object.");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {failed.Message}", failed);
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{path} is not a valid body{Where(wrong)}: {Why(wrong)}", wrong);
        }
    }

    private static string Where(JsonException wrong) => wrong.LineNumber is { } line ? $" (line {line + 1})" : "";

    /// <summary>The serializer's sentences name .NET types: only the member's path and our own words are for people.</summary>
    private static string Why(JsonException wrong) => wrong switch
    {
        WireFormatException { Message: var message } => $"{wrong.Path} {message}",
        { Message: var message } when message.Contains("could not be mapped", StringComparison.Ordinal) => $"the member {wrong.Path} is not known.",
        { Path: { Length: > 1 } path } => $"the member {path} cannot be read.",
        _ => "it is not well-formed JSON.",
    };
}
