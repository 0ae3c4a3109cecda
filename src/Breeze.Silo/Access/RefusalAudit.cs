using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Access;

/// <summary>Audits mutations that were refused, before their answer leaves.</summary>
/// <remarks>
/// A mutation that happens writes its own line in its own transaction. A refused one has none, so its line gets one of its own, in the
/// chain of the caller's reach: what another tenant's log says must not depend on who guessed at its ids.
/// Not audited: 401 (nobody to name), 429 and an idempotent request that is still in flight (nothing was judged).
/// </remarks>
internal sealed partial class RefusalAudit(RequestDelegate next, IDatabase database, TimeProvider clock, ILogger<RefusalAudit> logger)
{
    public Task Invoke(HttpContext http)
    {
        if (http.Creates() || HttpMethods.IsPut(http.Request.Method)
            || HttpMethods.IsPatch(http.Request.Method) || HttpMethods.IsDelete(http.Request.Method))
        {
            http.Response.OnStarting(() => Write(http));
        }

        return next(http);
    }

    private async Task Write(HttpContext http)
    {
        if (http.Response.StatusCode is < 400 or >= 500 or 401 or 429
            || http.User.FindCaller() is not { } caller
            || http.GetEndpoint() is not RouteEndpoint route
            || http.Items.ContainsKey(Idempotency.NotJudged))
        {
            return;
        }

        var action = route.Metadata.GetMetadata<AuditedAction>();
        var target = http.GetRouteValue(action?.TargetRouteValue ?? "id") as string;
        var entry = new AuditEntry(
            AuditChain.Of(caller.Scope),
            clock.GetUtcNow(),
            AuditActor.Of(caller),
            action?.Action ?? $"{http.Request.Method.ToLowerInvariant()} {route.RoutePattern.RawText}",
            action?.TargetKind ?? "route",
            target is { Length: > 64 } ? target[..64] : target,
            AuditEntry.Refused,
            new { status = http.Response.StatusCode, requestId = http.TraceIdentifier });
        try
        {
            await database.Write(async tx =>
            {
                await Audit.Write(tx, entry);
                return true;
            });
        }
        catch (Exception e)
        {
            // Nothing was changed, and the refusal stands; the answer must not turn into another one.
            LogNotAudited(e, entry.Action, http.TraceIdentifier);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The refusal of {Action} was not audited, request {RequestId}")]
    private partial void LogNotAudited(Exception exception, string action, string requestId);
}
