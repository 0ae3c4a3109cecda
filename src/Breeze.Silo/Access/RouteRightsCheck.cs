using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Access;

/// <summary>Refuses the start while a route or hub method names neither a right, nor devices, nor why it is public.</summary>
public static class RouteRightsCheck
{
    /// <summary>Call after everything is mapped and before the server listens.</summary>
    /// <exception cref="InvalidOperationException">Names the routes and hub methods without a right.</exception>
    public static void RequireRightsEverywhere(this IEndpointRouteBuilder routes)
    {
        var open = Unguarded(routes.DataSources.SelectMany(source => source.Endpoints)).Order(StringComparer.Ordinal).ToArray();
        if (open.Length > 0)
        {
            throw new InvalidOperationException(
                $"These name no right (RequireRight, RequireDevice or Public): {string.Join(", ", open)}. Without one the silo does not start.");
        }
    }

    internal static IEnumerable<string> Unguarded(IEnumerable<Endpoint> endpoints)
    {
        var hubs = new HashSet<Type>();
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (!IsGuarded(endpoint.Metadata))
            {
                var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
                yield return $"{string.Join('|', methods)} {endpoint.RoutePattern.RawText}";
            }

            if (endpoint.Metadata.GetMetadata<HubMetadata>() is { } hub && hubs.Add(hub.HubType))
            {
                foreach (var method in HubMethods(hub.HubType).Where(m => !IsGuarded(MarkersOf(m))))
                {
                    yield return $"{hub.HubType.Name}.{method.Name}";
                }
            }
        }
    }

    /// <summary>What a connection can call: the hub's own public methods.</summary>
    internal static IEnumerable<MethodInfo> HubMethods(Type hub) => hub
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(m => !m.IsSpecialName && m.GetBaseDefinition().DeclaringType == hub);

    // A device may call all of its hub or none of it, so the hub's own marker stands for its methods. An operator's rights are judged
    // anew on each call, and only a marker on the method makes SignalR ask.
    private static IEnumerable<object> MarkersOf(MethodInfo method) =>
        method.GetCustomAttributes(true).Concat(method.DeclaringType!.GetCustomAttributes<RequireDeviceAttribute>());

    // RequireAuthorization() alone would let every role through, so only our own markers count.
    private static bool IsGuarded(IEnumerable<object> metadata)
    {
        var all = metadata.ToArray();
        return all.Any(m => m is RequireRightAttribute or RequireDeviceAttribute)
            ? !all.Any(m => m is IAllowAnonymous)
            : all.Any(m => m is PublicRouteAttribute);
    }
}
