using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Breeze.Silo.Hosting;

/// <summary>Requires of a request only what the server requires: a member that may be null may be left out.</summary>
/// <remarks>The framework requires every constructor parameter without a default. Of an answer that is right: it holds all of its members.</remarks>
internal sealed class RequestSchemas : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var operations = document.Paths.Values.SelectMany(path => path.Operations?.Values.AsEnumerable() ?? []);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var body in operations.SelectMany(o => o.RequestBody?.Content?.Values.AsEnumerable() ?? []))
        {
            Relax(body.Schema, document, seen);
        }

        return Task.CompletedTask;
    }

    private static void Relax(IOpenApiSchema? schema, OpenApiDocument document, HashSet<string> seen)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            schema = seen.Add(id) && document.Components?.Schemas?.TryGetValue(id, out var known) == true ? known : null;
        }

        if (schema is null)
        {
            return;
        }

        foreach (var part in (schema.OneOf ?? []).Concat(schema.AnyOf ?? []).Append(schema.Items))
        {
            Relax(part, document, seen);
        }

        foreach (var (name, member) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (MayBeNull(member))
            {
                schema.Required?.Remove(name);
            }

            Relax(member, document, seen);
        }
    }

    private static bool MayBeNull(IOpenApiSchema member) =>
        member.Type?.HasFlag(JsonSchemaType.Null) == true
        || (member.OneOf ?? []).Concat(member.AnyOf ?? []).Any(choice => choice.Type?.HasFlag(JsonSchemaType.Null) == true);
}
