using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>Writes an enum in lower snake case and refuses numbers; usable from source-generated contexts.</summary>
public sealed class SnakeCaseEnum<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
