using Breeze.Silo.Access;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Silo.Tests.Access;

/// <summary>A route as the running silo has it.</summary>
/// <param name="Kind">What its id names, as the path has it: <c>deployments</c>, <c>patches/jobs</c>; without an id its first word.</param>
internal sealed record LiveRoute(HttpMethod Method, string Pattern, string Kind, RequireRightAttribute? Right, bool ForDevices, bool Public, bool TakesBody)
{
    public string Name => $"{Method} {Pattern}";

    public bool HasId => Pattern.Contains("{id}", StringComparison.Ordinal);

    /// <summary>The address with the first id filled in, and unknown ids for the rest.</summary>
    public string Address(Guid id)
    {
        var path = Pattern.Replace("{id}", id.ToString(), StringComparison.Ordinal);
        while (path.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open)
        {
            path = path[..open] + Guid.NewGuid() + path[(path.IndexOf('}', open) + 1)..];
        }

        return path["/api/v1".Length..];
    }

    public static IReadOnlyList<LiveRoute> Of(IServiceProvider services) =>
    [
        .. services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => new LiveRoute(
                new HttpMethod(m),
                e.RoutePattern.RawText!.TrimEnd('/').Replace(":guid", "", StringComparison.Ordinal),
                KindOf(e.RoutePattern.RawText!["/api/v1/".Length..]),
                e.Metadata.GetMetadata<RequireRightAttribute>(),
                e.Metadata.GetMetadata<RequireDeviceAttribute>() is not null,
                e.Metadata.GetMetadata<PublicRouteAttribute>() is not null,
                e.Metadata.GetMetadata<IAcceptsMetadata>() is not null))),
    ];

    private static string KindOf(string path) =>
        path.IndexOf("/{id}", StringComparison.Ordinal) is >= 0 and var end ? path[..end] : path.Split('/')[0];

    public static IReadOnlyList<Type> Hubs(IServiceProvider services) =>
    [
        .. services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(e => e.Metadata.GetMetadata<HubMetadata>()?.HubType).OfType<Type>().Distinct(),
    ];
}
