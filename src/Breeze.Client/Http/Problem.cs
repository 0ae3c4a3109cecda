using System.Net.Http.Headers;
using System.Text.Json;

namespace Breeze.Client.Http;

/// <summary>Reads RFC 9457 problem details into a <see cref="BreezeException"/>; an answer that is none still gives a sentence.</summary>
internal static class Problem
{
    private static readonly HashSet<string> Named = ["type", "title", "status", "detail", "instance", "error", "errors", "requestId", "traceId"];

    public static async Task<BreezeException> Read(HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        try
        {
            var text = await response.Content.ReadAsStringAsync(cancel);
            using var body = JsonDocument.Parse(text);
            if (body.RootElement.ValueKind == JsonValueKind.Object)
            {
                return From(body.RootElement, status);
            }
        }
        catch (JsonException)
        {
            // A proxy's HTML page, or nothing at all: the status says what there is to say.
        }

        return new BreezeException($"The server answered {status} ({response.ReasonPhrase}).", status);
    }

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time) =>
        headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
            _ => null,
        };

    private static BreezeException From(JsonElement body, int status)
    {
        var errors = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (body.TryGetProperty("errors", out var fields) && fields.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in fields.EnumerateObject())
            {
                errors[field.Name] = field.Value.ValueKind == JsonValueKind.Array
                    ? [.. field.Value.EnumerateArray().Select(e => e.ToString())]
                    : [field.Value.ToString()];
            }
        }

        var members = body.EnumerateObject()
            .Where(member => !Named.Contains(member.Name))
            .ToDictionary(member => member.Name, member => member.Value.Clone(), StringComparer.Ordinal);
        var message = Text(body, "detail") ?? Text(body, "error") ?? Text(body, "title") ?? $"The server answered {status}.";
        return new BreezeException(message, status, errors, Text(body, "requestId"), members);
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
