using System.Reflection;
using System.Text.Json.Nodes;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Breeze.Silo.Hosting;

/// <summary>Adds to each operation what its route says: examples, paging, headers, credentials, refusals.</summary>
internal sealed class OperationDescription : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        foreach (var parameter in Parameters(metadata, context.Description.HttpMethod))
        {
            operation.Parameters.Add(parameter);
        }

        AddExamples(operation, metadata.OfType<RouteExamples>().LastOrDefault());
        AddCredentials(operation, metadata, context.Document!);
        AddRefusals(operation, context.Document!);
        return Task.CompletedTask;
    }

    private static IEnumerable<OpenApiParameter> Parameters(IList<object> metadata, string? method)
    {
        var handler = metadata.OfType<MethodInfo>().LastOrDefault();
        var types = handler?.GetParameters().Select(p => p.ParameterType).ToHashSet() ?? [];
        if (types.Contains(typeof(OffsetPage)))
        {
            yield return Number("limit", "How many to answer.", 1, 100, 50);
            yield return Number("offset", "How many to pass over.", 0, null, 0);
            yield return Query("cursor", "The nextCursor of the page before; instead of offset.");
        }

        if (types.Contains(typeof(NumberedPage)))
        {
            yield return Number("limit", "How many to answer.", 1, 200, 50);
            yield return Number("page", "Which page, from 1.", 1, null, 1);
            yield return Query("cursor", "The nextCursor of the page before; instead of page.");
        }

        foreach (var query in metadata.OfType<QueryParameter>())
        {
            yield return Query(query.Name, query.Description, query.Example);
        }

        if ((method == "POST" || metadata.OfType<CreatesByGet>().Any()) && metadata.OfType<RequireRightAttribute>().Any())
        {
            yield return new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "The same key and request again: one effect, the same answer, for 24 hours.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 },
            };
        }
    }

    private static OpenApiParameter Query(string name, string description, string? example = null) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = example is null ? null : JsonValue.Create(example),
    };

    private static OpenApiParameter Number(string name, string description, int least, int? most, int otherwise) => new()
    {
        Name = name,
        In = ParameterLocation.Query,
        Description = description,
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Minimum = least.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Maximum = most?.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Default = JsonValue.Create(otherwise),
        },
    };

    private static void AddExamples(OpenApiOperation operation, RouteExamples? examples)
    {
        if (examples is null)
        {
            return;
        }

        // A document is made for each request that asks for it, and a node of JSON has one parent.
        if (operation.RequestBody?.Content?.TryGetValue("application/json", out var body) == true)
        {
            body.Example = examples.Body?.DeepClone();
        }

        var status = examples.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (operation.Responses?.TryGetValue(status, out var response) == true
            && response.Content?.TryGetValue("application/json", out var answer) == true)
        {
            answer.Example = examples.Answer?.DeepClone();
        }
    }

    private static void AddCredentials(OpenApiOperation operation, IList<object> metadata, OpenApiDocument document)
    {
        if (metadata.OfType<RequireDeviceAttribute>().Any())
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(ApiDescription.DeviceScheme, document)] = [] }];
            return;
        }

        if (metadata.OfType<RequireRightAttribute>().LastOrDefault() is not { } required)
        {
            operation.Security = [];
            return;
        }

        operation.Security =
        [
            new() { [new OpenApiSecuritySchemeReference(ApiDescription.BearerScheme, document)] = [] },
            new() { [new OpenApiSecuritySchemeReference(ApiDescription.HeaderScheme, document)] = [] },
        ];
        var (role, scope) = Core.Access.Rights.Needs(required.Right);
        operation.Description = $"{operation.Description}\n\nNeeds the role {role.ToString().ToLowerInvariant()}"
            + scope switch
            {
                Core.Access.ScopeKind.Org => ".",
                Core.Access.ScopeKind.Partner => " and a key of scope partner or system.",
                _ => " and a key of scope system.",
            };
    }

    private static void AddRefusals(OpenApiOperation operation, OpenApiDocument document) =>
        (operation.Responses ??= [])["default"] = new OpenApiResponse
        {
            Description = "Refused; the status and the sentence say why.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [Problems.ContentType] = new() { Schema = new OpenApiSchemaReference(ApiDescription.ProblemSchema, document) },
            },
        };
}
