namespace Breeze.Core;

/// <summary>Why something asked for was not done. Each kind maps to one HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>400: the request is malformed, or does not apply to the state the thing is in.</summary>
    Invalid,

    /// <summary>404: unknown, or not to be seen by this caller; the two are alike.</summary>
    NotFound,

    /// <summary>403: seen, but not allowed to this role.</summary>
    Forbidden,

    /// <summary>409: collides with something that exists or happens at the same time.</summary>
    Conflict,

    /// <summary>412: the <c>If-Match</c> version is not the current one.</summary>
    VersionMismatch,

    /// <summary>503: a dependency is away; the same request may be sent again.</summary>
    Unavailable,
}

/// <summary>An expected "no": a value, not an exception.</summary>
/// <param name="Kind">Decides the HTTP status.</param>
/// <param name="Message">One sentence for the person who asked; no secret, no SQL.</param>
/// <param name="Field">The JSON path of the member at fault, or null when no single one is.</param>
/// <param name="Details">Further members for the problem body (for example <c>retryCount</c>), as JSON values; null for none.</param>
[GenerateSerializer, Immutable, Alias("breeze.Refusal")]
public sealed record Refusal(
    [property: Id(0)] RefusalKind Kind,
    [property: Id(1)] string Message,
    [property: Id(2)] string? Field = null,
    [property: Id(3)] IReadOnlyDictionary<string, string>? Details = null)
{
    public static Refusal Invalid(string message, string? field = null) => new(RefusalKind.Invalid, message, field);

    public static Refusal NotFound(string what) => new(RefusalKind.NotFound, $"{what} was not found.");
}

/// <summary>A value, or the reason why there is none.</summary>
[GenerateSerializer, Immutable, Alias("breeze.Answer`1")]
public sealed record Answer<T>
{
    [Id(0)]
    public T? Value { get; init; }

    [Id(1)]
    public Refusal? Refusal { get; init; }

    public bool IsRefused => Refusal is not null;

    public static implicit operator Answer<T>(T value) => new() { Value = value };

    public static implicit operator Answer<T>(Refusal refusal) => new() { Refusal = refusal };
}
