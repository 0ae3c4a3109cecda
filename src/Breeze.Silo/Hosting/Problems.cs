using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>Every answer that is a "no": RFC 9457 problem details, one shape for the whole API.</summary>
/// <remarks>
/// Members: <c>type, title, status, detail, error, requestId</c>, <c>errors: {field: [sentence]}</c> where a member is at fault, and
/// the refusal's own details. <c>error</c> repeats the sentence for clients older than problem details.
/// </remarks>
public static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <summary>The HTTP status of each kind of refusal.</summary>
    public static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status400BadRequest,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.VersionMismatch => StatusCodes.Status412PreconditionFailed,
        RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A refusal without a status."),
    };

    /// <summary>The answer for a refusal.</summary>
    public static IResult From(Refusal refusal) => new ProblemResult(Status(refusal.Kind), refusal);

    /// <summary>An answer with a status that no refusal stands for (413, 415, 429 …).</summary>
    public static IResult Of(int status, string message, string? field = null) =>
        new ProblemResult(status, new Refusal(RefusalKind.Invalid, message, field));

    /// <summary>Writes the problem as the whole answer; what was set but not sent yet is dropped.</summary>
    public static async Task Write(HttpContext http, int status, Refusal refusal)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = "2";
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(Body(http, status, refusal), BreezeJson.Options);
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static JsonObject Body(HttpContext http, int status, Refusal refusal)
    {
        var body = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = Title(status),
            ["status"] = status,
            ["detail"] = refusal.Message,
            ["error"] = refusal.Message,
            ["requestId"] = http.TraceIdentifier,
        };
        if (refusal.Field is { } field)
        {
            body["errors"] = new JsonObject { [field] = new JsonArray(refusal.Message) };
        }

        foreach (var (name, json) in refusal.Details ?? new Dictionary<string, string>())
        {
            body[name] = JsonNode.Parse(json);
        }

        return body;
    }

    private static string Title(int status) => status switch
    {
        400 => "The request cannot be carried out",
        401 => "Not signed in",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Method not allowed",
        406 => "Not acceptable",
        409 => "Conflict",
        412 => "Changed in the meantime",
        413 => "Too large",
        415 => "Unsupported media type",
        422 => "Key already used",
        429 => "Too many requests",
        503 => "Unavailable",
        _ => "Something went wrong",
    };

    private sealed class ProblemResult(int status, Refusal refusal) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => status;

        public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, status, refusal);
    }
}

/// <summary>A refusal from a place that can only throw: the binding of a parameter.</summary>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Message)
{
    public Refusal Refusal { get; } = refusal;
}
