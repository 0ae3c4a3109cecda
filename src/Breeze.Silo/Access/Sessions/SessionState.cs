using Breeze.Contracts.Access;
using Breeze.Core.Access;

namespace Breeze.Silo.Access.Sessions;

/// <summary>What a sign-in cookie stands for. Its secret is nowhere: the grain's key is the secret's hash.</summary>
[GenerateSerializer, Immutable, Alias("breeze.SessionState")]
public sealed class SessionState
{
    /// <summary>Names the session in the audit log.</summary>
    [Id(0)]
    public Guid Id { get; init; }

    /// <summary>The API key that signed in: name, role, scope and end are read from it on each request. Null for a user of the issuer.</summary>
    [Id(1)]
    public Guid? KeyId { get; init; }

    /// <summary>The user as the issuer's token named them; null for an API key.</summary>
    [Id(2)]
    public Caller? User { get; init; }

    [Id(3)]
    public SignedInBy By { get; init; }

    /// <summary>From when it no longer works; fixed when it begins.</summary>
    [Id(4)]
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A sign-in link that waits to be used.</summary>
[GenerateSerializer, Immutable, Alias("breeze.SessionLinkState")]
public sealed class SessionLinkState
{
    /// <summary>The API key that it signs in.</summary>
    [Id(0)]
    public Guid KeyId { get; init; }

    [Id(1)]
    public DateTimeOffset ExpiresAt { get; init; }
}
