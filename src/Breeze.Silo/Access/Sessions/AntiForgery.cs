using System.Security.Cryptography;
using System.Text;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Net.Http.Headers;

namespace Breeze.Silo.Access.Sessions;

/// <summary>A browser adds the cookie to whatever a page asks for; this makes sure that the page was ours.</summary>
/// <remarks>
/// Requests that carry a key or token themselves are not looked at. What changes something needs both the token, which only our page can
/// read, and our <c>Origin</c>, which no page can forge. A browser sends no <c>Origin</c> with a GET of the same site, so the GET that makes a report needs
/// the token, and our <c>Origin</c> where there is one. A web socket cannot carry the token: its <c>Origin</c> must be there and ours.
/// </remarks>
internal sealed class AntiForgery(RequestDelegate next)
{
    private const string Header = SessionNames.AntiForgeryHeader;

    /// <summary>After authorization: who may not do it at all is told that first.</summary>
    public Task Invoke(HttpContext http) =>
        http.User.FindCallerIdentity()?.Session is { } session && NeedsProof(http.GetEndpoint()) && Fault(http, session) is { } fault
            ? Problems.Write(http, StatusCodes.Status403Forbidden, fault)
            : next(http);

    /// <summary>The refusal of a request that another site's page caused; null when the <c>Origin</c> is ours, or absent.</summary>
    public static Refusal? ForeignOrigin(HttpRequest request) =>
        request.Headers.Origin is { Count: > 0 } origin && !PublicAddress.IsOwn(origin.ToString(), request)
            ? new(RefusalKind.Forbidden, "The Origin header names another site: only this server's own pages may do that.", HeaderNames.Origin)
            : null;

    private static bool NeedsProof(Endpoint? endpoint) => endpoint is not null && endpoint.Metadata.GetMetadata<PublicRouteAttribute>() is null;

    private static Refusal? Fault(HttpContext http, CookieSession session)
    {
        var request = http.Request;
        var isSocket = http.GetEndpoint()!.Metadata.GetMetadata<HubMetadata>() is not null
            && (HttpMethods.IsGet(request.Method) || HttpMethods.IsConnect(request.Method));
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        if (isRead && !isSocket && !http.Creates())
        {
            return null;
        }

        if (request.Headers.Origin.Count == 0 && (isSocket || !isRead))
        {
            return new(RefusalKind.Forbidden, "The Origin header is required where a sign-in cookie is the credential.", HeaderNames.Origin);
        }

        return ForeignOrigin(request) ?? (isSocket ? null : TokenFault(request, session));
    }

    private static Refusal? TokenFault(HttpRequest request, CookieSession session)
    {
        var token = request.Headers[Header].ToString();
        if (token.Length == 0)
        {
            return new(RefusalKind.Forbidden, $"The header {Header} is required where a sign-in cookie is the credential.", Header);
        }

        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(session.AntiForgeryToken))
            ? null
            : new(RefusalKind.Forbidden, $"The header {Header} is not this session's.", Header);
    }
}
