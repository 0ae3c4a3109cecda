using System.Globalization;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Breeze.Silo.Access;

/// <summary>Words for 401 and 403, and 429 for an address that keeps failing to sign in.</summary>
internal sealed class RightRefusals(FailedSignIns failures) : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            return next(context);
        }

        if (authorizeResult.Forbidden)
        {
            return Problems.Write(context, StatusCodes.Status403Forbidden, new(RefusalKind.Forbidden, "This key may not do that."));
        }

        return NotSignedIn.Write(context, failures, "A valid credential for this address is required.");
    }
}

/// <summary>401 with this sentence, or 429 while the address has to wait.</summary>
internal sealed class NotSignedIn(string sentence) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        Write(httpContext, httpContext.RequestServices.GetRequiredService<FailedSignIns>(), sentence);

    public static Task Write(HttpContext context, FailedSignIns failures, string sentence)
    {
        if (failures.Wait(context.Connection.RemoteIpAddress?.ToString()) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Write(
                context, StatusCodes.Status429TooManyRequests, Refusal.Invalid("Too many failed sign-ins from this address; wait before the next."));
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Write(context, StatusCodes.Status401Unauthorized, Refusal.Invalid(sentence));
    }
}
