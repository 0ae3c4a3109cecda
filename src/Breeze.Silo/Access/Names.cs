using Breeze.Core;

namespace Breeze.Silo.Access;

/// <summary>The one rule for names that people give things.</summary>
public static class Names
{
    /// <summary>The refusal of a name that is blank, longer than 200 characters or has control characters; null when it will do.</summary>
    public static Refusal? Fault(string name, string field = "name") =>
        string.IsNullOrWhiteSpace(name) || name.Length > 200 || name.Any(char.IsControl)
            ? Refusal.Invalid($"{field} must be a text of 1 to 200 characters without control characters.", field)
            : null;
}
