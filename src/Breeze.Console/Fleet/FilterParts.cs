using System.Globalization;
using Breeze.Console.Shell;

namespace Breeze.Console.Fleet;

/// <summary>A filter while it is being written: it may be incomplete.</summary>
public abstract class FilterPart
{
    /// <summary>What is still missing, as a sentence; null: nothing.</summary>
    public abstract string? Missing { get; }

    public abstract int Conditions { get; }
}

/// <summary>Conditions joined by AND or OR.</summary>
public sealed class FilterBranch(bool all) : FilterPart
{
    /// <summary>AND; else OR.</summary>
    public bool All { get; set; } = all;

    public List<FilterPart> Parts { get; } = [];

    public override string? Missing => Parts.Count == 0 ? "This group has no condition yet." : Parts.Select(p => p.Missing).FirstOrDefault(m => m is not null);

    public override int Conditions => Parts.Sum(p => p.Conditions);
}

/// <summary>One test of one field. Values are kept as they stand in the inputs.</summary>
public sealed class FilterTerm : FilterPart
{
    public string Field { get; private set; } = "hostname";

    public string Operator { get; set; } = "contains";

    /// <summary>Of a custom field, without its prefix.</summary>
    public string CustomName { get; set; } = "";

    public string Text { get; set; } = "";

    public string To { get; set; } = "";

    public List<string> Items { get; } = [];

    public string Amount { get; set; } = "7";

    public string Unit { get; set; } = "days";

    public FilterField Kind => FilterVocabulary.Field(Field);

    public FilterShape Shape => FilterVocabulary.Shape(Operator);

    public bool IsNumber => FilterVocabulary.IsNumber(Kind.Kind, Operator);

    public override int Conditions => 1;

    public override string? Missing
    {
        get
        {
            if (Kind.Kind == FilterKind.Custom && !IsName(CustomName))
            {
                return "Name the custom field: 1 to 64 letters, digits, “_” or “-”.";
            }

            return Shape switch
            {
                FilterShape.One => MissingIn(Text),
                FilterShape.Two => MissingIn(Text) ?? MissingIn(To),
                FilterShape.List => Items.Count == 0 ? Of("Choose at least one.") : Items.Select(MissingIn).FirstOrDefault(m => m is not null),
                FilterShape.Span => int.TryParse(Amount, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 100_000
                    ? null
                    : Of("Give a whole number from 1 to 100 000."),
                _ => null,
            };
        }
    }

    /// <summary>Another field: an operator that it has, and no value of the old one's kind.</summary>
    public void ChooseField(string field)
    {
        var before = Kind.Kind;
        Field = field;
        if (Kind.Kind == before && before != FilterKind.Choice)
        {
            return;
        }

        Text = To = "";
        Items.Clear();
        if (FilterVocabulary.Operators(Kind.Kind).All(o => o.Name != Operator))
        {
            Operator = FilterVocabulary.Operators(Kind.Kind)[0].Name;
        }

        if (Kind.Kind == FilterKind.Choice)
        {
            Text = Kind.Choices[0];
        }
    }

    /// <summary>Another operator: one value and a list of them become each other.</summary>
    public void ChooseOperator(string op)
    {
        var before = Shape;
        Operator = op;
        if (before == FilterShape.One && Shape == FilterShape.List && Items.Count == 0 && Text.Length > 0)
        {
            Items.Add(Text);
        }
        else if (before == FilterShape.List && Shape == FilterShape.One && Text.Length == 0 && Items.Count > 0)
        {
            Text = Items[0];
        }
    }

    private string? MissingIn(string value) =>
        value.Length == 0 ? Of("Give a value.")
        : IsNumber && !FilterText.IsNumber(value) ? Of($"“{value}” is no number.")
        : Kind.Kind == FilterKind.Time && Instants.FromInput(value) is null ? Of("Give a date and a time.")
        : null;

    private string Of(string text) => $"{Kind.Text}: {text}";

    private static bool IsName(string name) => name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
