namespace Breeze.Client.Http;

/// <summary>One request, in a form that can be sent again.</summary>
internal sealed record Call(HttpMethod Method, string Path)
{
    /// <summary>Serialised as JSON; null sends no body.</summary>
    public object? Body { get; init; }

    /// <summary>The <c>If-Match</c> to send; null sends none.</summary>
    public string? IfMatch { get; init; }

    /// <summary>How long one try may take; null for the client's usual time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The caller's own <c>Idempotency-Key</c>; null lets the client make one per call.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// Whether a try whose fate is unknown may be repeated. A POST always carries an idempotency key; a conditional change does not:
    /// its repeat would find its own effect and be told 412.
    /// </summary>
    public bool MayRepeatBlindly => IfMatch is null || Method == HttpMethod.Post;
}
