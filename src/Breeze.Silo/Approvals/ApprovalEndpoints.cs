using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Approvals;

/// <summary>The routes of approvals: each finds the organization, asks the patch's grain, and answers what is then stored.</summary>
internal static class ApprovalEndpoints
{
    private const int LongestNote = 2000;
    private const int MostInBulk = 1000;

    public static void MapApprovalRoutes(this RouteGroupBuilder api)
    {
        var patches = api.MapGroup("/patches").WithTags("Patches");
        patches.MapGet("/approvals", List).RequireRight(Right.ViewPatches)
            .Query("orgId", "One organization of the key's reach; 403 when it is not.").Query("search", "Part of the title, in either case of letters.");
        patches.MapGet("/{id}/approvals", History).RequireRight(Right.ViewPatches);
        patches.MapPost("/bulk-approve", BulkApprove).RequireRight(Right.DecidePatches).Audited("patch.bulk_approve", "patch");
        patches.MapPost("/{id}/approve", (HttpContext http, Deciding deciding, Guid id, DecisionBody body) =>
                deciding.Decide(http, id, body.OrgId, new Decision(ApprovalCommand.Approve, null, body.Note)))
            .RequireRight(Right.DecidePatches).Audited("patch.approve", "patch");
        patches.MapPost("/{id}/decline", (HttpContext http, Deciding deciding, Guid id, DecisionBody body) =>
                deciding.Decide(http, id, body.OrgId, new Decision(ApprovalCommand.Decline, null, body.Note)))
            .RequireRight(Right.DecidePatches).Audited("patch.decline", "patch");
        patches.MapPost("/{id}/defer", (HttpContext http, Deciding deciding, Guid id, DeferralBody body) =>
                deciding.Decide(http, id, body.OrgId, new Decision(ApprovalCommand.Defer, body.DeferUntil, body.Note)))
            .RequireRight(Right.DecidePatches).Audited("patch.defer", "patch");
    }

    private static async Task<IResult> List(HttpContext http, ApprovalQueries queries, NumberedPage page)
    {
        var query = http.Request.Query;
        var (org, patch, status) = (QueryText.Id(query, "orgId"), QueryText.Id(query, "patchId"), QueryText.Name<ApprovalStatus>(query, "status"));
        return (await queries.List(http.Caller().Scope, org, patch, status, Searches.Pattern(query), page)).ToHttp(Replies.Bare);
    }

    private static async Task<IResult> History(HttpContext http, ApprovalQueries queries, Guid id, NumberedPage page) =>
        (await queries.History(http.Caller().Scope, id, QueryText.Id(http.Request.Query, "orgId"), page)).ToHttp(Replies.Bare);

    private static async Task<IResult> BulkApprove(HttpContext http, Deciding deciding, BulkApprovalBody body)
    {
        var org = await deciding.Organization(http, body.OrgId);
        var refusal = org.Refusal ?? RefuseNote(body.Note) ?? body.PatchIds switch
        {
            not { Count: > 0 } => Refusal.Invalid("patchIds must name at least one patch.", "patchIds"),
            { Count: > MostInBulk } => Refusal.Invalid($"patchIds has {body.PatchIds.Count} ids; at most {MostInBulk} are allowed at once.", "patchIds"),
            _ => null,
        };
        return refusal is not null ? Problems.From(refusal) : Replies.Bare(await deciding.Approve(http, org.Value, [.. body.PatchIds!.Distinct()], body.Note));
    }

    private static Refusal? RefuseNote(string? note) =>
        note is { Length: > LongestNote } ? Refusal.Invalid($"note has more than {LongestNote} characters.", "note")
        : note is not null && !JsonText.IsStorable(note) ? Refusal.Invalid("note contains a character that cannot be stored.", "note")
        : null;

    /// <summary>What the deciding routes share.</summary>
    internal sealed class Deciding(IDatabase database, IGrainFactory grains, TimeProvider clock)
    {
        public Task<Answer<OrgId>> Organization(HttpContext http, Guid? named) =>
            database.Read(c => OrgChoice.Choose(new SqlSource(c), http.Caller().Scope, named));

        public async Task<IResult> Decide(HttpContext http, Guid patch, Guid? named, Decision decision)
        {
            var org = await Organization(http, named);
            if ((org.Refusal ?? RefuseNote(decision.Note) ?? RefuseDeferral(decision)) is { } refusal)
            {
                return Problems.From(refusal);
            }

            // To the millisecond, as it is kept: the same request again must find that it says nothing new.
            var kept = decision with { DeferUntil = decision.DeferUntil is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until.ToUnixTimeMilliseconds()) : null };
            var answer = await grains.PatchApproval(org.Value, patch).Decide(kept, http.Caller());
            return answer.ToHttp(decided => Replies.Bare(new DecidedPatch(
                patch,
                org.Value.Value,
                // The document's word for what it stores as rejected.
                decided.Status == ApprovalStatus.Rejected ? "declined" : Contracts.EnumName.Of(decided.Status),
                decided.DeferUntil,
                decided.Note,
                new DecidedBy(decided.ActorKind, decided.ActorId, decided.ActorName),
                decided.At)));
        }

        public async Task<BulkApproval> Approve(HttpContext http, OrgId org, IReadOnlyList<Guid> patches, string? note)
        {
            var decision = new Decision(ApprovalCommand.ApproveInBulk, null, note);
            var answers = await Task.WhenAll(patches.Select(patch => grains.PatchApproval(org, patch).Decide(decision, http.Caller())));
            var failed = patches.Zip(answers)
                .Where(pair => pair.Second.IsRefused)
                .Select(pair => new NotApproved(pair.First, pair.Second.Refusal!.Kind == RefusalKind.NotFound ? "not_found" : "rejected"));
            return new BulkApproval([.. patches.Zip(answers).Where(pair => !pair.Second.IsRefused).Select(pair => pair.First)], [.. failed]);
        }

        private Refusal? RefuseDeferral(Decision decision) =>
            decision.Command != ApprovalCommand.Defer ? null
            : decision.DeferUntil is not { } until ? Refusal.Invalid("deferUntil is required.", "deferUntil")
            : until <= clock.GetUtcNow() ? Refusal.Invalid("deferUntil must be later than now.", "deferUntil")
            : until.UtcDateTime.Year > 2200 ? Refusal.Invalid("deferUntil must be before the year 2201.", "deferUntil")
            : null;
    }
}
