using Breeze.Core;
using Breeze.Core.Access;

namespace Breeze.Silo.Access;

/// <summary>Who did something.</summary>
/// <param name="Kind"><c>api_key</c>, <c>user</c> (OIDC), <c>device</c> (what an agent was refused), <c>policy</c> (a rule that an operator made)
/// or <c>system</c> (the engine itself).</param>
/// <param name="Id">The key's, user's, device's or policy's id; the part of the engine for <c>system</c>.</param>
/// <param name="Operation">The idempotency key of the request behind it, hashed; null for none. Not part of the line.</param>
public sealed record AuditActor(string Kind, string Id, string Name, string? Address, string? Operation = null)
{
    public static AuditActor Of(Caller caller) =>
        new(caller.KeyId.Value.Version == 8 ? "user" : "api_key", caller.KeyId.ToString(), caller.Name, caller.Address, caller.Operation);

    /// <param name="hostname">The device's own word: encode it where it is shown.</param>
    public static AuditActor Device(DeviceId id, string hostname) => new("device", id.ToString(), hostname, null);

    /// <summary>A configuration policy: what its approvals and its schedule do is done by it.</summary>
    public static AuditActor Policy(Guid id, string name) => new("policy", id.ToString(), name, null);

    /// <summary>The product itself, for what happens without anybody asking: a threshold, a timeout, a schedule.</summary>
    public static AuditActor System(string part) => new("system", part, part, null);
}

/// <summary>The hash chain that a line belongs to: one an organization, one a partner, one for the installation.</summary>
public readonly record struct AuditChain(Guid Value, OrgId? OrgId)
{
    public static AuditChain Installation { get; } = new(Guid.Empty, null);

    public static AuditChain Org(OrgId id) => new(id.Value, id);

    public static AuditChain Partner(PartnerId id) => new(id.Value, null);

    /// <summary>The chain of a caller's own reach, for what concerns no single organization.</summary>
    public static AuditChain Of(OrgScope scope) => scope.Kind switch
    {
        ScopeKind.Org => Org(new OrgId(scope.Id)),
        ScopeKind.Partner => Partner(new PartnerId(scope.Id)),
        _ => Installation,
    };
}

/// <summary>One line of the audit log.</summary>
/// <param name="Chain">Whose log it stands in.</param>
/// <param name="At">When; stored to the millisecond.</param>
/// <param name="Action">What, as <c>noun.verb</c>: <c>deployment.start</c>.</param>
/// <param name="TargetKind">The kind of thing it was done to: <c>deployment</c>.</param>
/// <param name="TargetId">Which one; null when there is none (a refused create).</param>
/// <param name="Result"><c>ok</c> or <c>refused</c>.</param>
/// <param name="Details">Further members, written as JSON; null for none. No secrets.</param>
public sealed record AuditEntry(
    AuditChain Chain,
    DateTimeOffset At,
    AuditActor Actor,
    string Action,
    string TargetKind,
    string? TargetId,
    string Result = AuditEntry.Ok,
    object? Details = null)
{
    public const string Ok = "ok";
    public const string Refused = "refused";
}
