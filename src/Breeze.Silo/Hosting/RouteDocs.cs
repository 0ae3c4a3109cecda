using System.Text.Json;
using Breeze.Contracts;

namespace Breeze.Silo.Hosting;

/// <summary>A feature's descriptions of its routes, kept beside them and not between them.</summary>
/// <remarks>A test holds that every operation has one.</remarks>
internal sealed class RouteDocs
{
    private readonly Dictionary<string, object[]> docs = new(StringComparer.Ordinal);

    /// <summary>Describes one route.</summary>
    /// <param name="route">Method and path under <c>/api/v1</c>: <c>POST /sites</c>.</param>
    /// <param name="summary">A few words, as a command.</param>
    /// <param name="description">What it does, what it refuses and with which status, whether a repeat is safe.</param>
    /// <param name="answer">An answer as it would be given; its type is the answer's schema.</param>
    /// <param name="body">A body as it would be sent; null for a route without one.</param>
    public RouteDocs Add<TAnswer>(string route, string summary, string description, TAnswer answer, object? body = null, int status = 200)
    {
        docs.Add(route,
        [
            new EndpointSummaryAttribute(summary),
            new EndpointDescriptionAttribute(description),
            new ProducesResponseTypeMetadata(status, typeof(TAnswer), ["application/json"]),
            new RouteExamples(
                status,
                JsonSerializer.SerializeToNode(answer, BreezeJson.Options),
                body is null ? null : JsonSerializer.SerializeToNode(body, body.GetType(), BreezeJson.Options)),
        ]);
        return this;
    }

    /// <summary>Gives each route of the group its description, whoever mapped it and when.</summary>
    public void Describe(RouteGroupBuilder api) => ((IEndpointConventionBuilder)api).Finally(endpoint =>
    {
        if (endpoint is RouteEndpointBuilder route
            && route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: [var method] }
            && docs.TryGetValue($"{method} {Path(route)}", out var metadata))
        {
            foreach (var item in metadata)
            {
                route.Metadata.Add(item);
            }
        }
    });

    private static string Path(RouteEndpointBuilder route) =>
        (route.RoutePattern.RawText ?? "").Replace("/api/v1", "", StringComparison.Ordinal).TrimEnd('/');
}
