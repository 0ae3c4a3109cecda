using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Orleans.Concurrency;

namespace Breeze.Silo.Approvals;

/// <summary>An organization's decision about one patch. Key: the organization, and the patch as text.</summary>
[Alias("breeze.IPatchApprovalGrain")]
public interface IPatchApprovalGrain : IGrainWithGuidCompoundKey
{
    /// <summary>Decides; answered once it is durable. A repeat decides nothing more and is answered alike.</summary>
    /// <returns>Refused as unknown when no device of the organization has reported the patch; as invalid with <c>rejected</c> in bulk.</returns>
    [Alias("Decide")]
    Task<Answer<Decided>> Decide(Decision decision, Caller caller);
}

/// <summary>Writes to the audit log, once each, which deferrals have ended. Key: 0.</summary>
/// <remarks>The end itself needs nobody: every list and every decision derives it from the clock.</remarks>
[Alias("breeze.IDeferralSweepGrain")]
public interface IDeferralSweepGrain : IGrainWithIntegerKey
{
    /// <summary>Announces what has ended, and comes again for what will. Safe to call at any time.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>A deferral was made.</summary>
    [Alias("Expect"), OneWay]
    Task Expect(DateTimeOffset until);
}

/// <param name="DeferUntil">Of <see cref="ApprovalCommand.Defer"/>; else null.</param>
[GenerateSerializer, Immutable, Alias("breeze.Decision")]
public sealed record Decision(
    [property: Id(0)] ApprovalCommand Command, [property: Id(1)] DateTimeOffset? DeferUntil, [property: Id(2)] string? Note);

/// <summary>How the approval stands after a decision, and who made it so.</summary>
[GenerateSerializer, Immutable, Alias("breeze.Decided")]
public sealed record Decided(
    [property: Id(0)] ApprovalStatus Status,
    [property: Id(1)] DateTimeOffset? DeferUntil,
    [property: Id(2)] string? Note,
    [property: Id(3)] string ActorKind,
    [property: Id(4)] string ActorId,
    [property: Id(5)] string ActorName,
    [property: Id(6)] DateTimeOffset At);
