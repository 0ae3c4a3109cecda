using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Breeze.Contracts;

namespace Breeze.Silo.Hosting;

/// <summary>What a request's body wants at a path, in words; the serializer only says which record it was reading.</summary>
internal static class BodyTypes
{
    /// <summary>For example "a whole number in its range" for <c>rolloutConfig.staggered.batchDelayMinutes</c>; null when the path leads nowhere.</summary>
    public static string? Wanted(Type? body, string? path)
    {
        var type = body;
        foreach (var step in (path ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            type = Member(type, step.Split('[')[0]);
            if (step.Contains('[', StringComparison.Ordinal))
            {
                type = type is null ? null : BreezeJson.Options.GetTypeInfo(type).ElementType;
            }
        }

        return type is null ? null : Words(type);
    }

    private static Type? Member(Type? type, string name) => type is not null && TryObject(type, out var members)
        ? members.Properties.FirstOrDefault(p => p.Name == name)?.PropertyType
        : null;

    private static bool TryObject(Type type, [NotNullWhen(true)] out JsonTypeInfo? info) =>
        (info = BreezeJson.Options.GetTypeInfo(type)).Kind == JsonTypeInfoKind.Object;

    private static string Words(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(string) => "a text",
            _ when type == typeof(Guid) => "a GUID",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) || type == typeof(long) || type == typeof(short) => "a whole number in its range",
            _ when type == typeof(double) || type == typeof(decimal) => "a number",
            _ when type.IsEnum => "one of " + string.Join(", ", EnumNames.Of(type)),
            _ when BreezeJson.Options.GetTypeInfo(type).Kind == JsonTypeInfoKind.Enumerable => "a list",
            _ => "an object",
        };
    }
}
