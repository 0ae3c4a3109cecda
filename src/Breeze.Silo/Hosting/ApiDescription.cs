using Breeze.Silo.Access;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Breeze.Silo.Hosting;

/// <summary>The API's own description: <c>/openapi/v1.json</c> (OpenAPI 3.1) and <c>/docs</c>, which loads nothing from elsewhere.</summary>
public static class ApiDescription
{
    internal const string ProblemSchema = "Problem";
    internal const string BearerScheme = "bearer";
    internal const string HeaderScheme = "apiKey";
    internal const string DeviceScheme = "device";

    private const string About =
        """
        Deployments roll a change out to a fleet of devices in batches, watch it device by device, and stop by themselves when too many fail.

        Sign in with an API key: `Authorization: Bearer brz_…`, or `X-API-Key`; a browser with `POST /api/v1/session`. Every time is ISO 8601 with an offset, answered in UTC; every id is a GUID.
        A member that a body does not know is refused, so that a misspelt limit is not silently ignored.

        A POST takes `Idempotency-Key`: the same request with the same key has one effect and gets the first answer again for 24 hours.
        Whatever is refused is answered with problem details (RFC 9457), whose `errors` name the members at fault.
        """;

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer<RequestSchemas>();
        options.AddOperationTransformer<OperationDescription>();
        options.AddSchemaTransformer<WireSchemas>();
    });

    public static void MapApiDescription(this IEndpointRouteBuilder routes)
    {
        const string Reason = "How the API is used is no secret; using it needs a key.";
        routes.MapOpenApi("/openapi/{documentName}.json").Public(Reason);
        routes.MapScalarApiReference("/docs", options => options
            .WithTitle("Breeze API")
            .WithOpenApiRoutePattern("/openapi/{documentName}.json")
            .DisableDefaultFonts()
            .DisableAgent()
            .HideDeveloperTools()
            .DisableTelemetry()
            .HideClientButton()).Public(Reason);
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new() { Title = "Breeze", Version = "v1", Description = About };

        // The address that happened to ask is nobody else's.
        document.Servers = [new() { Url = "/" }];
        document.Components ??= new();
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[ProblemSchema] = Problem();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [BearerScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "brz_…",
                Description = "An API key, or an OIDC token where an issuer is configured.",
            },
            [HeaderScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-API-Key",
                Description = "An API key.",
            },
            [DeviceScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "brd_…",
                Description = "A device's own credential, from its enrolment. It is none on any other route.",
            },
        };
    }

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was refused (RFC 9457).",
        Required = new HashSet<string> { "type", "title", "status", "detail", "error", "requestId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("A URI of the kind of problem; about:blank."),
            ["title"] = Text("The status in words."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] = Text("One sentence: what is at fault."),
            ["error"] = Text("The same sentence, for older clients."),
            ["requestId"] = Text("Finds the request in the log."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "Sentences by the JSON path of the member at fault.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(null) },
            },
        },
    };

    private static OpenApiSchema Text(string? description) => new() { Type = JsonSchemaType.String, Description = description };
}
