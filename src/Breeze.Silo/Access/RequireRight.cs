using Breeze.Core.Access;
using Microsoft.AspNetCore.Authorization;

namespace Breeze.Silo.Access;

/// <summary>The right that an operator needs for a route, a hub or a hub method. Without one the start stops.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequireRightAttribute : AuthorizeAttribute
{
    public RequireRightAttribute(Right right)
    {
        Right = right;
        Policy = RightPolicies.Name(right);
    }

    public Right Right { get; }
}

/// <summary>A route or hub for devices alone: an operator's key is refused on it like no key at all.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequireDeviceAttribute : AuthorizeAttribute
{
    public RequireDeviceAttribute() => Policy = RightPolicies.Device;
}

/// <summary>A route that anybody may use, with the reason why.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class PublicRouteAttribute(string reason) : Attribute, IAllowAnonymous
{
    public string Reason { get; } = reason;
}

/// <summary>What a route does to what, for the audit line of a refused attempt.</summary>
/// <param name="Action">For example <c>deployment.start</c>.</param>
/// <param name="TargetKind">For example <c>deployment</c>.</param>
/// <param name="TargetRouteValue">The route parameter with the target's id.</param>
public sealed record AuditedAction(string Action, string TargetKind, string TargetRouteValue);

public static class RouteRights
{
    /// <summary>Lets only operators with this right through: 401 without a valid key, 403 without the right.</summary>
    public static TBuilder RequireRight<TBuilder>(this TBuilder route, Right right)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RequireRightAttribute(right));

    /// <summary>Lets only devices through, by the credential of <see cref="Schemes.Device"/>.</summary>
    public static TBuilder RequireDevice<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RequireDeviceAttribute());

    /// <summary>Opens a route to everybody; <paramref name="reason"/> says why that is right.</summary>
    public static TBuilder Public<TBuilder>(this TBuilder route, string reason)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new PublicRouteAttribute(reason));

    /// <summary>Names what a refused attempt is audited as. The mutation itself is audited where it happens, in its transaction.</summary>
    public static TBuilder Audited<TBuilder>(this TBuilder route, string action, string targetKind, string targetRouteValue = "id")
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AuditedAction(action, targetKind, targetRouteValue));
}

/// <summary>The authentication schemes. A credential of one is no credential to the other.</summary>
public static class Schemes
{
    /// <summary>API keys, sign-in cookies and, where an issuer is configured, OIDC tokens.</summary>
    public const string Operator = "operator";

    public const string ApiKey = "api-key";

    /// <summary>The console's sign-in cookie.</summary>
    public const string Session = "session";

    public const string Oidc = "oidc";

    /// <summary>The issuer's sign-in page, which ends in a session.</summary>
    public const string OidcSignIn = "oidc-sign-in";

    /// <summary>Device credentials, on <c>/hubs/agent</c> and the agents' own routes.</summary>
    public const string Device = "device";
}
