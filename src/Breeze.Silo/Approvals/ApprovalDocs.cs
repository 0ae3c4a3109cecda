using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Approvals;

/// <summary>The descriptions of the approvals' routes in OpenAPI.</summary>
internal static class ApprovalDocs
{
    private static readonly DateTimeOffset At = new(2026, 2, 10, 9, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly Guid PatchId = Guid.Parse("0198f6a0-0000-7000-8000-000000000031");
    private static readonly Guid OtherPatchId = Guid.Parse("0198f6a0-0000-7000-8000-000000000032");
    private static readonly Guid PolicyId = Guid.Parse("0198f6a0-0000-7000-8000-000000000041");
    private static readonly DecidedBy Operator = new("api_key", "0198f6a0-0000-7000-8000-000000000007", "Patch board");

    private static readonly PatchApproval Approval = new(
        PatchId, OrgId, "linux", "apt:openssl:amd64=3.0.15-1~deb12u1", "openssl 3.0.15-1~deb12u1", "critical", "deferred", Until, "Wait for Q1 change window",
        Operator, null, At);

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("POST /patches/{id}/approve", "Approve a patch",
            "For one organization. It becomes eligible for jobs; nothing is sent by this. Also lifts a rejection or a deferral. The same request again decides nothing more.",
            Decided("approved", "Reviewed — approved for production fleet"), new { orgId = OrgId, note = "Reviewed — approved for production fleet" })
        .Add("POST /patches/{id}/decline", "Reject a patch",
            "For one organization. Answered as declined, listed as rejected. It holds against every automatic rule, and can be reversed by approving the patch.",
            Decided("declined", "Known conflict with legacy app"), new { orgId = OrgId, note = "Known conflict with legacy app" })
        .Add("POST /patches/{id}/defer", "Defer a patch",
            "Until an instant, from which it is pending again by itself. 400 when that is not in the future, or without an offset.",
            Decided("deferred", "Wait for Q1 change window") with { DeferUntil = Until },
            new { orgId = OrgId, deferUntil = Until, note = "Wait for Q1 change window" })
        .Add("POST /patches/bulk-approve", "Approve many patches",
            "Up to 1,000. Each is decided by itself: failed names those that are rejected (rejected) and those that no device of the organization reported (not_found).",
            new BulkApproval([PatchId], [new(OtherPatchId, "rejected")]),
            new { orgId = OrgId, patchIds = new[] { PatchId, OtherPatchId }, note = "March cycle approval" })
        .Add("GET /patches/approvals", "List approvals",
            "Decided patches, last decision first, by status, patchId and orgId. A deferral that is over shows as pending.",
            new PagedList<PatchApproval>([Approval], new(1, 50, 1), null))
        .Add("GET /patches/{id}/approvals", "List a patch's decisions",
            "Every decision about the patch, last first, also those that a policy made by itself; scope says where one of a policy holds.",
            new PagedList<PatchDecision>(
                [
                    new(Guid.Parse("0198f6a0-0000-7000-8000-000000000033"), PatchId, OrgId, "deferred", Until, "Wait for Q1 change window", Operator, null, null, At),
                    new(
                        Guid.Parse("0198f6a0-0000-7000-8000-000000000034"), PatchId, OrgId, "approved", null, "The policy approves critical, important by itself.",
                        new("policy", PolicyId.ToString(), "Servers"), PolicyId,
                        new("organization", OrgId, Guid.Parse("0198f6a0-0000-7000-8000-000000000042")), At.AddHours(-3)),
                ],
                new(1, 50, 2),
                null));

    private static DecidedPatch Decided(string status, string note) => new(PatchId, OrgId, status, null, note, Operator, At);
}
