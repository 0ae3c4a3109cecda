namespace Breeze.Core.Access;

/// <summary>What a key may do. Each role includes the ones before it.</summary>
public enum Role
{
    Viewer = 1,
    Technician = 2,
    Admin = 3,
}

/// <summary>How far a key sees.</summary>
public enum ScopeKind
{
    Org = 1,
    Partner = 2,
    System = 3,
}

/// <summary>The organizations a caller may see; every query takes one, there is no overload without it.</summary>
/// <param name="Kind">One organization, all of a partner's, or all.</param>
/// <param name="Id">The organization's or partner's id; empty for <see cref="ScopeKind.System"/>.</param>
[GenerateSerializer, Immutable, Alias("breeze.OrgScope")]
public sealed record OrgScope([property: Id(0)] ScopeKind Kind, [property: Id(1)] Guid Id)
{
    public static OrgScope System { get; } = new(ScopeKind.System, Guid.Empty);

    public static OrgScope Partner(PartnerId id) => new(ScopeKind.Partner, id.Value);

    public static OrgScope Org(OrgId id) => new(ScopeKind.Org, id.Value);
}

/// <summary>Who asks: the key behind a request, judged anew on each call.</summary>
/// <param name="KeyId">The API key's id; also the actor in the audit log.</param>
/// <param name="Name">The key's name, shown as <c>createdBy</c> and in the audit log.</param>
/// <param name="Role">The most it may do.</param>
/// <param name="Scope">The organizations it may do it in.</param>
/// <param name="Address">The client's network address, for the audit log; null when unknown.</param>
/// <param name="Operation">
/// The request's idempotency key, hashed: whatever is audited for this caller notes in the same transaction that the request took effect. Null
/// without one.
/// </param>
[GenerateSerializer, Immutable, Alias("breeze.Caller")]
public sealed record Caller(
    [property: Id(0)] ApiKeyId KeyId,
    [property: Id(1)] string Name,
    [property: Id(2)] Role Role,
    [property: Id(3)] OrgScope Scope,
    [property: Id(4)] string? Address = null,
    [property: Id(5)] string? Operation = null);
