namespace Breeze.Client;

/// <summary>A thing together with the version of its configuration, for a change that must not overwrite another's.</summary>
/// <param name="Value">The thing as read.</param>
/// <param name="ETag">To be sent as <c>If-Match</c>; null where the server gives none.</param>
public sealed record Versioned<T>(T Value, string? ETag);
