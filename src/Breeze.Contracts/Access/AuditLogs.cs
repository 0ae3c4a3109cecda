using System.Text.Json;

namespace Breeze.Contracts.Access;

/// <summary>Who did something.</summary>
/// <param name="Kind"><c>api_key</c>, <c>user</c> or <c>system</c>.</param>
/// <param name="Address">The network address it came from; null for the system itself.</param>
public sealed record AuditActor(string Kind, string Id, string Name, string? Address);

/// <summary>What it was done to.</summary>
/// <param name="Id">Null for a refused attempt to make something.</param>
public sealed record AuditTarget(string Kind, string? Id);

/// <summary>One line of the audit log.</summary>
/// <param name="OrgId">Whose it is; null for what concerns a partner or the installation.</param>
/// <param name="Action">For example <c>deployment.start</c>.</param>
/// <param name="Result"><c>ok</c> or <c>refused</c>.</param>
/// <param name="Details">An object; its members depend on the action.</param>
/// <param name="Sequence">From 1, without gaps in its chain.</param>
/// <param name="PreviousHash">The hash of the line before it in its chain; 64 zeros for the first.</param>
/// <param name="Hash">SHA-256, lower hex, over the line and the hash before it.</param>
public sealed record AuditLog(
    Guid Id,
    Guid? OrgId,
    DateTimeOffset At,
    AuditActor Actor,
    string Action,
    AuditTarget Target,
    string Result,
    JsonElement Details,
    long Sequence,
    string PreviousHash,
    string Hash);

/// <summary>What checking the hash chains found.</summary>
/// <param name="Valid">True when no chain is broken.</param>
/// <param name="Chains">How many chains were checked.</param>
/// <param name="Lines">How many lines were checked.</param>
/// <param name="Broken">The chains that do not verify, at most 100; empty when all do.</param>
public sealed record AuditVerification(bool Valid, int Chains, long Lines, IReadOnlyList<BrokenChain> Broken);

/// <summary>A chain that was tampered with.</summary>
/// <param name="Chain">The organization's or partner's id; the nil GUID for the installation's.</param>
/// <param name="Sequence">The first line that does not fit.</param>
/// <param name="Reason">What about it does not fit.</param>
public sealed record BrokenChain(Guid Chain, long Sequence, string Reason);
