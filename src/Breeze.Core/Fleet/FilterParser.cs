using System.Text.Json;

namespace Breeze.Core.Fleet;

/// <summary>Reads the filter grammar of the contract (section 4) into a checked tree.</summary>
/// <remarks>
/// Every refusal names the place, for example <c>targetConfig.filter.conditions[2].operator</c>. An empty filter is refused: it must
/// never come to mean "everyone".
/// </remarks>
public static class FilterParser
{
    public const int MaxDepth = 5;
    public const int MaxConditions = 100;

    /// <summary>Values in all lists together: what both databases take as arguments of one statement, with room to spare.</summary>
    public const int MaxValues = 5_000;

    /// <summary>Parses a filter.</summary>
    /// <param name="filter">The filter object; null or undefined is refused.</param>
    /// <param name="path">What it is called in the body, for refusals.</param>
    /// <param name="fields">The fields it may name.</param>
    public static Answer<FilterGroup> Parse(JsonElement? filter, string path, FilterFields fields)
    {
        if (filter is not { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } given)
        {
            return Refusal.Invalid($"{path} is required.", path);
        }

        var reading = new Reading(fields);
        try
        {
            return reading.Group(given, path, depth: 1);
        }
        catch (RefusedException refused)
        {
            return refused.Refusal;
        }
    }

    private sealed class Reading(FilterFields fields)
    {
        private int _conditions;
        private int _values;

        public FilterGroup Group(JsonElement element, string path, int depth)
        {
            if (depth > MaxDepth)
            {
                throw Refuse(path, $"is nested more than {MaxDepth} levels deep.");
            }

            Members(element, path, "operator", "conditions");
            var all = Word(element, path, "operator") switch
            {
                "AND" => true,
                "OR" => false,
                var other => throw Refuse($"{path}.operator", $"is \"{Shown.Text(other)}\"; it must be AND or OR."),
            };
            if (!element.TryGetProperty("conditions", out var conditions) || conditions.ValueKind != JsonValueKind.Array)
            {
                throw Refuse($"{path}.conditions", "must be a list of conditions.");
            }

            if (conditions.GetArrayLength() == 0)
            {
                throw Refuse($"{path}.conditions", "is empty; a filter needs at least one condition.");
            }

            return new FilterGroup(all, [.. conditions.EnumerateArray().Select((c, i) => Node(c, $"{path}.conditions[{i}]", depth))]);
        }

        private FilterNode Node(JsonElement element, string path, int depth)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Refuse(path, "must be a condition or a nested filter.");
            }

            return element.TryGetProperty("conditions", out _) ? Group(element, path, depth + 1) : Condition(element, path);
        }

        private FilterCondition Condition(JsonElement element, string path)
        {
            if (++_conditions > MaxConditions)
            {
                throw Refuse(path, $"is one too many: a filter has at most {MaxConditions} conditions.");
            }

            Members(element, path, "field", "operator", "value");
            var name = Word(element, path, "field");
            if (!fields.TryFind(name, out var field))
            {
                throw Refuse($"{path}.field", $"is \"{Shown.Text(name)}\", which is no field; known are {string.Join(", ", fields.Names)} and custom.NAME.");
            }

            var word = Word(element, path, "operator");
            if (!FilterOperators.TryFind(word, out var test, out var negated))
            {
                throw Refuse($"{path}.operator", $"is \"{Shown.Text(word)}\", which is no operator; known are {FilterOperators.All}.");
            }

            if (!FilterOperators.Fits(field.Kind, test))
            {
                throw Refuse($"{path}.operator", $"is {word}, which does not apply to {field.Name}; use {FilterOperators.Of(field.Kind)}.");
            }

            var given = element.TryGetProperty("value", out var value) ? value : default;
            var read = FilterValues.Read(field, test, given, $"{path}.value");
            _values += given.ValueKind == JsonValueKind.Array ? given.GetArrayLength() : 1;
            return _values <= MaxValues
                ? new FilterCondition(field, test, negated, read, path)
                : throw Refuse($"{path}.value", $"is too much: the lists of a filter have at most {MaxValues} values together.");
        }

        private static string Word(JsonElement element, string path, string member) =>
            element.TryGetProperty(member, out var value) && JsonText.TryRead(value, out var word)
                ? word
                : throw Refuse($"{path}.{member}", "is required and must be text.");

        private static void Members(JsonElement element, string path, params ReadOnlySpan<string> allowed)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Refuse(path, "must be an object.");
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in element.EnumerateObject())
            {
                if (!allowed.Contains(member.Name))
                {
                    throw Refuse($"{path}.{Shown.Text(member.Name)}", "is not a member of a filter.");
                }

                if (!seen.Add(member.Name))
                {
                    throw Refuse($"{path}.{member.Name}", "is given twice.");
                }
            }
        }
    }

    internal static RefusedException Refuse(string path, string what) => new(Refusal.Invalid($"{path} {what}", path));

    /// <summary>Leaves the recursion; never leaves this folder.</summary>
    internal sealed class RefusedException(Refusal refusal) : Exception(refusal.Message)
    {
        public Refusal Refusal { get; } = refusal;
    }
}
