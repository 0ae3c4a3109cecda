using System.Text;

namespace Breeze.Console.Shell;

/// <summary>Wire names as people read them.</summary>
public static class Words
{
    /// <summary><c>outside_maintenance_window</c> or <c>OutsideMaintenanceWindow</c>: "outside maintenance window".</summary>
    public static string Of(object? name)
    {
        var text = name?.ToString();
        if (string.IsNullOrEmpty(text))
        {
            return "–";
        }

        var words = new StringBuilder(text.Length + 4);
        foreach (var (letter, index) in text.Select((c, i) => (c, i)))
        {
            if (letter is '_' or '-')
            {
                words.Append(' ');
            }
            else if (char.IsUpper(letter) && index > 0 && char.IsLower(text[index - 1]))
            {
                words.Append(' ').Append(char.ToLowerInvariant(letter));
            }
            else
            {
                words.Append(char.ToLowerInvariant(letter));
            }
        }

        return words.ToString();
    }

    public static string Sentence(object? name)
    {
        var words = Of(name);
        return string.Concat(char.ToUpperInvariant(words[0]).ToString(), words.AsSpan(1));
    }
}
