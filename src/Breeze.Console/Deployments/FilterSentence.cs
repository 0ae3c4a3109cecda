using System.Text.Json;
using Breeze.Console.Shell;

namespace Breeze.Console.Deployments;

/// <summary>A filter as a sentence: <c>os type equals windows and (tags has any a, b)</c>.</summary>
public static class FilterSentence
{
    public static string Of(JsonElement filter) => Node(filter, 0);

    private static string Node(JsonElement node, int depth)
    {
        if (node.ValueKind != JsonValueKind.Object || depth > 8)
        {
            return node.ToString();
        }

        if (node.TryGetProperty("conditions", out var conditions) && conditions.ValueKind == JsonValueKind.Array)
        {
            var word = node.TryGetProperty("operator", out var both) && both.ToString() == "OR" ? " or " : " and ";
            var text = string.Join(word, conditions.EnumerateArray().Select(c => Node(c, depth + 1)));
            return depth == 0 ? text : $"({text})";
        }

        string Member(string name) => node.TryGetProperty(name, out var value) ? value.ToString() : "";
        return $"{Words.Of(Member("field"))} {Words.Of(Member("operator"))} {Value(node)}".TrimEnd();
    }

    private static string Value(JsonElement node) => !node.TryGetProperty("value", out var value) ? "" : value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray()),
        JsonValueKind.Null => "",
        _ => value.ToString(),
    };
}
