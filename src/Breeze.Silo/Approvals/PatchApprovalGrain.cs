using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;

namespace Breeze.Silo.Approvals;

/// <inheritdoc cref="IPatchApprovalGrain"/>
/// <remarks>It remembers nothing: each decision is made on the locked row, so a policy's approval or a second activation cannot slip between.</remarks>
[GrainType("patch-approval")]
public sealed class PatchApprovalGrain(ApprovalCommits commits, TimeProvider clock) : Grain, IPatchApprovalGrain
{
    public async Task<Answer<Decided>> Decide(Decision decision, Caller caller)
    {
        var org = this.GetPrimaryKey(out var patch);
        var answer = await commits.Commit(new ApprovalStep(new OrgId(org), Guid.Parse(patch!), decision, AuditActor.Of(caller), clock.GetUtcNow()));
        if (answer.Value is { Status: ApprovalStatus.Deferred, DeferUntil: { } until })
        {
            _ = GrainFactory.GetGrain<IDeferralSweepGrain>(0).Expect(until);
        }

        return answer;
    }
}

public static class PatchApprovalGrains
{
    public static IPatchApprovalGrain PatchApproval(this IGrainFactory grains, OrgId org, Guid patch) =>
        grains.GetGrain<IPatchApprovalGrain>(org.Value, patch.ToString());
}
