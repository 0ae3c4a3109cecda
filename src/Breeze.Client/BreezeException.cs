using System.Text.Json;

namespace Breeze.Client;

/// <summary>A call that the server refused, or that never reached it.</summary>
/// <remarks><see cref="Exception.Message"/> is one sentence for the person who asked; it carries no stack, SQL or secret.</remarks>
public sealed class BreezeException : Exception
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> NoErrors = new Dictionary<string, IReadOnlyList<string>>();
    private static readonly IReadOnlyDictionary<string, JsonElement> NoMembers = new Dictionary<string, JsonElement>();

    public BreezeException(
        string message,
        int? status = null,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? errors = null,
        string? requestId = null,
        IReadOnlyDictionary<string, JsonElement>? members = null,
        Exception? inner = null)
        : base(message, inner)
    {
        Status = status;
        Errors = errors ?? NoErrors;
        RequestId = requestId;
        Members = members ?? NoMembers;
    }

    /// <summary>The HTTP status; null when no answer came (the server could not be reached, or the connection died on every try).</summary>
    public int? Status { get; }

    /// <summary>What is wrong, by the field's JSON path; empty when no single field is at fault.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; }

    /// <summary>The id under which the server logged the request; null when no answer came.</summary>
    public string? RequestId { get; }

    /// <summary>Further members of the problem body (for example <c>retryCount</c>).</summary>
    public IReadOnlyDictionary<string, JsonElement> Members { get; }

    /// <summary>True when the server is away or too busy: no answer, 429, 502, 503 or 504. The same call may be made again later.</summary>
    public bool IsUnreachable => Status is null or 429 or 502 or 503 or 504;
}
