using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Breeze.Contracts;

/// <summary>The product's JSON: camelCase members, lower_snake_case states, times with an offset.</summary>
/// <remarks>
/// A member of a request is required when its constructor parameter (or <c>required</c> property) is not nullable and has no default;
/// every other may be left out. Programs compiled ahead of time use a source-generated context with the same settings instead.
/// </remarks>
[RequiresDynamicCode("Uses reflection; ahead-of-time programs use a source-generated context.")]
[RequiresUnreferencedCode("Uses reflection; ahead-of-time programs use a source-generated context.")]
public static class BreezeJson
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 32;

    /// <summary>For a server reading requests: unknown, repeated, missing and null members are refused.</summary>
    public static JsonSerializerOptions Options { get; } = Make(strict: true);

    /// <summary>For a client reading answers: members it does not know yet are passed over.</summary>
    public static JsonSerializerOptions Lenient { get; } = Make(strict: false);

    /// <summary>Applies the strict settings to options that a framework made.</summary>
    public static void Configure(JsonSerializerOptions options) => Configure(options, strict: true);

    private static JsonSerializerOptions Make(bool strict)
    {
        var options = new JsonSerializerOptions();
        Configure(options, strict);
        options.MakeReadOnly();
        return options;
    }

    private static void Configure(JsonSerializerOptions options, bool strict)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.MaxDepth = MaxDepth;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.Never;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = strict ? JsonUnmappedMemberHandling.Disallow : JsonUnmappedMemberHandling.Skip;
        options.AllowDuplicateProperties = !strict;
        options.RespectNullableAnnotations = strict;
        options.Converters.Add(new EnumNames());
        options.Converters.Add(new InstantConverter());
        var resolver = new DefaultJsonTypeInfoResolver();
        if (strict)
        {
            resolver.Modifiers.Add(RequireWhatIsNotNullable);
        }

        options.TypeInfoResolver = resolver;
    }

    // The serializer's own "respect required parameters" would also require the nullable ones, so that every optional member
    // needed "= null"; and without it a missing name arrives as null in a string that says it is never null.
    private static void RequireWhatIsNotNullable(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        foreach (var property in type.Properties)
        {
            if (property.Set is not null
                && property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false } parameter
                && Nullable.GetUnderlyingType(parameter.ParameterType) is null)
            {
                property.IsRequired = true;
            }
        }
    }
}
