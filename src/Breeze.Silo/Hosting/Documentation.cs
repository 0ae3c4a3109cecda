using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts;

namespace Breeze.Silo.Hosting;

/// <summary>The examples of a route, for the API description.</summary>
internal sealed record RouteExamples(int Status, JsonNode? Answer, JsonNode? Body);

/// <summary>A query parameter that a route reads itself.</summary>
public sealed record QueryParameter(string Name, string Description, string? Example = null);

public static class Documentation
{
    /// <summary>Describes a route: a title, a sentence or two, an example of its answer and of its body.</summary>
    /// <typeparam name="TAnswer">The answer's whole shape, for example <c>Single&lt;Organization&gt;</c>; its schema is taken from it.</typeparam>
    /// <param name="summary">Under six words, as a command: "Start a deployment".</param>
    /// <param name="description">What it does, what it refuses and with which status, whether a repeat is safe.</param>
    /// <param name="answer">An answer as it would be given.</param>
    /// <param name="body">A body as it would be sent; null for a route without one.</param>
    /// <param name="status">The status of success.</param>
    public static RouteHandlerBuilder Document<TAnswer>(
        this RouteHandlerBuilder route, string summary, string description, TAnswer answer, object? body = null, int status = 200)
    {
        var examples = new RouteExamples(
            status,
            JsonSerializer.SerializeToNode(answer, BreezeJson.Options),
            body is null ? null : JsonSerializer.SerializeToNode(body, body.GetType(), BreezeJson.Options));
        return route
            .WithSummary(summary)
            .WithDescription(description)
            .WithMetadata(examples, new ProducesResponseTypeMetadata(status, typeof(TAnswer), ["application/json"]));
    }

    /// <summary>Names a query parameter that the handler reads by <see cref="QueryText"/>.</summary>
    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, string name, string description, string? example = null) =>
        route.WithMetadata(new QueryParameter(name, description, example));
}
