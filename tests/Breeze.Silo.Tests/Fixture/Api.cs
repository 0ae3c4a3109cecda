using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts;
using Xunit;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>An answer as a test looks at it: its status and its JSON.</summary>
public sealed record Reply(HttpStatusCode Status, JsonNode? Body, HttpResponseMessage Message)
{
    public JsonNode Data => Body?["data"] ?? throw new InvalidOperationException($"{(int)Status} without data: {Body}");

    public Guid Id => Data["id"]!.GetValue<Guid>();

    public string Error => Body?["error"]?.GetValue<string>() ?? "";

    /// <summary>The body without what is never the same twice.</summary>
    public string Comparable
    {
        get
        {
            var copy = Body?.DeepClone();
            (copy as JsonObject)?.Remove("requestId");
            return $"{(int)Status} {copy?.ToJsonString()}";
        }
    }

    /// <summary>Fails with the whole answer when the status is another.</summary>
    public Reply Is(HttpStatusCode expected)
    {
        Assert.True(Status == expected, $"{Message.RequestMessage?.Method} {Message.RequestMessage?.RequestUri?.PathAndQuery}: expected {(int)expected}, was {(int)Status}: {Body}");
        return this;
    }
}

/// <summary>Requests over real HTTP, in one line each.</summary>
public static class Api
{
    public static Task<Reply> Get(this HttpClient client, string path) => client.Send(HttpMethod.Get, path);

    public static Task<Reply> Post(this HttpClient client, string path, object? body = null, string? idempotencyKey = null) =>
        client.Send(HttpMethod.Post, path, body, idempotencyKey);

    public static Task<Reply> Put(this HttpClient client, string path, object body) => client.Send(HttpMethod.Put, path, body);

    public static Task<Reply> Delete(this HttpClient client, string path) => client.Send(HttpMethod.Delete, path);

    /// <param name="path">Under <c>/api/v1</c>, or absolute when it begins with <c>//</c>.</param>
    /// <param name="body">A text is sent as it is, anything else as JSON.</param>
    public static async Task<Reply> Send(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path.StartsWith("//", StringComparison.Ordinal) ? path[1..] : "/api/v1" + path, UriKind.Relative));
        request.Content = body switch
        {
            null => null,
            string text => new StringContent(text, System.Text.Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body, body.GetType(), options: BreezeJson.Options),
        };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        var message = await client.SendAsync(request);
        var answer = await message.Content.ReadAsStringAsync();
        return new Reply(message.StatusCode, Parse(answer), message);
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
