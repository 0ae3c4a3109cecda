using Breeze.Core.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Access;

/// <summary>The policy behind each right, and denial where a route names none.</summary>
internal sealed class RightPolicies : IAuthorizationPolicyProvider
{
    internal const string Device = "device";
    private const string Prefix = "right:";

    private static readonly Dictionary<string, AuthorizationPolicy> Policies = Enum.GetValues<Right>().ToDictionary(
        Name,
        right => new AuthorizationPolicyBuilder(Schemes.Operator).AddRequirements(new RightRequirement(right)).Build());

    private static readonly AuthorizationPolicy DevicePolicy =
        new AuthorizationPolicyBuilder(Schemes.Device)
            .RequireAssertion(context => context.User.Identities.Any(i => i.IsAuthenticated && i.AuthenticationType == Schemes.Device)).Build();

    // An unknown address has no route and goes on to its 404 or 405; a route that names no right goes no further.
    private static readonly AuthorizationPolicy Deny = new AuthorizationPolicyBuilder(Schemes.Operator)
        .RequireAssertion(context => context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint).Build();

    public static string Name(Right right) => Prefix + right;

    public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => Task.FromResult(
        policyName == Device ? DevicePolicy : Policies.GetValueOrDefault(policyName));

    public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => Task.FromResult(Deny);

    public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(Deny);
}

/// <summary>The caller must hold the right at this moment.</summary>
internal sealed record RightRequirement(Right Right) : IAuthorizationRequirement;

/// <summary>Judges a right on each request and on each hub call: a connection outlives the key that opened it.</summary>
internal sealed class RightHandler(Callers callers) : AuthorizationHandler<RightRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, RightRequirement requirement)
    {
        if (context.User.FindCallerIdentity() is not { } identity)
        {
            return;
        }

        var now = context.Resource is HubInvocationContext ? await callers.Refresh(identity) : identity.Caller;
        if (now is not null && Rights.Allow(requirement.Right, now.Role, now.Scope.Kind))
        {
            context.Succeed(requirement);
        }
    }
}
