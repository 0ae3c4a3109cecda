using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Access;

internal static class AuditEndpoints
{
    private static readonly AuditLog Example = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000004"),
        Guid.Parse("0198f6a0-0000-7000-8000-000000000002"),
        new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero),
        new("api_key", "0198f6a0-0000-7000-8000-000000000003", "Rollout pipeline", "192.0.2.7"),
        "deployment.start",
        new("deployment", "0198f6a0-0000-7000-8000-000000000005"),
        "ok",
        JsonSerializer.SerializeToElement(new { from = "pending", to = "active" }),
        17,
        new string('a', 64),
        new string('b', 64));

    public static void MapAuditLogs(this RouteGroupBuilder api)
    {
        var logs = api.MapGroup("/audit-logs").WithTags("Audit log");
        logs.MapGet("/", List).RequireRight(Right.ReadAudit)
            .Query("orgId", "One organization of the key's reach; 403 when it is not.", Example.OrgId.ToString())
            .Query("action", "Only this action.", Example.Action)
            .Query("actorId", "Only what this key, user or device did.", Example.Actor.Id)
            .Query("targetId", "Only what was done to this.", Example.Target.Id)
            .Query("result", "Only ok, or only refused.", "ok")
            .Document(
                "List the audit log", "Every mutation and refused mutation within the key's reach, newest first.",
                new PagedList<AuditLog>([Example], new(1, 50, 1), null));
        logs.MapGet("/verify", Verify).RequireRight(Right.ReadAudit)
            .Query("orgId", "One organization of the key's reach; 403 when it is not.", Example.OrgId.ToString())
            .Document(
                "Verify the audit log",
                "Recomputes the hash of every line in reach and names the first line of each chain that was changed, removed or put in.",
                new Single<AuditVerification>(new(true, 1, 17, [])));
    }

    private static async Task<IResult> List(
        HttpContext http, NumberedPage page, Caller caller, AccessQueries access, AuditQueries audit, CancellationToken cancel)
    {
        var query = http.Request.Query;
        var scope = await access.Narrow(caller, QueryText.Id(query, "orgId"), cancel);
        if (scope.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var filter = new AuditFilter(Text(query, "action"), Text(query, "actorId"), Text(query, "targetId"), Text(query, "result"));
        if (filter.Result is not (null or AuditEntry.Ok or AuditEntry.Refused))
        {
            return Problems.From(Refusal.Invalid("result must be one of ok, refused.", "result"));
        }

        var after = Cursors.Decode<AuditPosition>(page.Cursor);
        var (lines, total) = await audit.List(scope.Value!, filter, after, page.Offset, page.Limit, cancel);
        var next = lines.Count == page.Limit ? Cursors.Encode(new AuditPosition(lines[^1].At, lines[^1].Seq, lines[^1].Id)) : null;
        return Replies.Bare(page.Answer<AuditLog>([.. lines.Select(AuditQueries.ToLog)], total, next));
    }

    private static async Task<IResult> Verify(
        HttpContext http, Caller caller, AccessQueries access, AuditQueries audit, CancellationToken cancel)
    {
        var scope = await access.Narrow(caller, QueryText.Id(http.Request.Query, "orgId"), cancel);
        return scope.Refusal is { } refusal ? Problems.From(refusal) : Replies.Ok(await audit.Verify(scope.Value!, cancel));
    }

    private static string? Text(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
}
