namespace Breeze.Contracts.Patches;

/// <summary>What <c>POST /patches/:id/approve</c> and <c>/decline</c> take.</summary>
public sealed record DecisionBody
{
    /// <summary>The organization that decides; null where the key sees exactly one.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>At most 2,000 characters; null for none.</summary>
    public string? Note { get; init; }
}

/// <summary>What <c>POST /patches/:id/defer</c> takes.</summary>
public sealed record DeferralBody
{
    public Guid? OrgId { get; init; }

    /// <summary>When the patch is pending again; later than now.</summary>
    public DateTimeOffset? DeferUntil { get; init; }

    public string? Note { get; init; }
}

/// <summary>What <c>POST /patches/bulk-approve</c> takes.</summary>
public sealed record BulkApprovalBody
{
    public Guid? OrgId { get; init; }

    /// <summary>1 to 1,000; one that is named twice is approved once.</summary>
    public IReadOnlyList<Guid>? PatchIds { get; init; }

    public string? Note { get; init; }
}

/// <summary>Who decided.</summary>
/// <param name="Kind"><c>api_key</c>, <c>user</c>, or <c>policy</c> for a decision that a policy made by itself.</param>
public sealed record DecidedBy(string Kind, string Id, string Name);

/// <summary>The answer to approve, decline and defer.</summary>
/// <param name="Status"><c>approved</c>, <c>declined</c> (stored and listed as <c>rejected</c>) or <c>deferred</c>.</param>
/// <param name="DeferUntil">Of a deferral; else null.</param>
public sealed record DecidedPatch(
    Guid PatchId, Guid OrgId, string Status, DateTimeOffset? DeferUntil, string? Note, DecidedBy DecidedBy, DateTimeOffset DecidedAt);

/// <summary>The answer to bulk-approve. Every id that was asked for is in one of the two.</summary>
public sealed record BulkApproval(IReadOnlyList<Guid> Approved, IReadOnlyList<NotApproved> Failed);

/// <param name="Reason"><c>rejected</c>: it takes a decision of its own. <c>not_found</c>: no device of the organization reported it.</param>
public sealed record NotApproved(Guid PatchId, string Reason);

/// <summary>What an organization's decision about a patch is worth now.</summary>
/// <param name="Title">As the organization's devices report it.</param>
/// <param name="Status">pending (a deferral that is over), approved, rejected or deferred.</param>
/// <param name="DeferUntil">Of a deferral, also one that is over; else null.</param>
/// <param name="PolicyId">The policy that approved it by itself; else null.</param>
public sealed record PatchApproval(
    Guid PatchId,
    Guid OrgId,
    string Source,
    string ExternalId,
    string Title,
    string Severity,
    string Status,
    DateTimeOffset? DeferUntil,
    string? Note,
    DecidedBy DecidedBy,
    Guid? PolicyId,
    DateTimeOffset DecidedAt);

/// <summary>One decision of the history, as it was made.</summary>
/// <param name="Status">approved, rejected or deferred.</param>
/// <param name="Scope">The assignment's devices, where a policy decided; null: the organization, by an operator.</param>
public sealed record PatchDecision(
    Guid Id,
    Guid PatchId,
    Guid OrgId,
    string Status,
    DateTimeOffset? DeferUntil,
    string? Note,
    DecidedBy DecidedBy,
    Guid? PolicyId,
    DecisionScope? Scope,
    DateTimeOffset DecidedAt);

/// <summary>Where a policy's decision holds.</summary>
/// <param name="Level">partner, organization, site, device_group or device.</param>
/// <param name="TargetName">What it is called; null once it is gone.</param>
public sealed record DecisionScope(string Level, Guid TargetId, Guid AssignmentId, string? TargetName = null);
