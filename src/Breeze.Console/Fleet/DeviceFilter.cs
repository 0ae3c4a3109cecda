using System.Text.Json;

namespace Breeze.Console.Fleet;

/// <summary>The filters of the fleet's list that the server takes as conditions.</summary>
public static class DeviceFilter
{
    /// <summary>One filter of them all; null when none is set.</summary>
    /// <param name="advanced">As the builder wrote it; null for none.</param>
    public static string? Of(string? osType, string? tag, JsonElement? advanced)
    {
        var filter = new FilterBranch(all: true);
        if (!string.IsNullOrEmpty(osType))
        {
            filter.Parts.Add(Term("osType", "equals", osType));
        }

        if (!string.IsNullOrEmpty(tag))
        {
            filter.Parts.Add(Term("tags", "contains", tag));
        }

        if (advanced is null)
        {
            return filter.Parts.Count == 0 ? null : FilterText.Write(filter)?.GetRawText();
        }

        // What the builder wrote is one more condition; joined by AND it loses no level where it can be taken apart.
        var written = FilterText.Read(advanced);
        if (filter.Parts.Count == 0)
        {
            return advanced.Value.GetRawText();
        }

        filter.Parts.AddRange(written.All ? written.Parts : [written]);
        return FilterText.Write(filter)?.GetRawText();
    }

    private static FilterTerm Term(string field, string op, string value)
    {
        var term = new FilterTerm();
        term.ChooseField(field);
        term.Operator = op;
        term.Text = value;
        return term;
    }
}
