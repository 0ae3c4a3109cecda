namespace Breeze.Silo.Access;

/// <summary>The name under which a request's effects are noted: its idempotency key's row, and which of those who took the key it is.</summary>
internal static class IdempotentOperation
{
    private const char Between = '/';

    public static string Of(string id, string token) => $"{id}{Between}{token}";

    /// <summary>The token is null for an operation that a silo of the version before named.</summary>
    public static (string Id, string? Token) Parts(string operation) =>
        operation.Split(Between) is [var id, var token] ? (id, token) : (operation, null);
}
