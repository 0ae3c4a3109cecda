namespace Breeze.Silo.Fleet;

/// <summary>Text that stands for itself inside a <c>like</c> pattern.</summary>
internal static class LikePattern
{
    /// <summary>Not a backslash: what that means in a literal depends on a setting of PostgreSQL.</summary>
    public const char EscapeCharacter = '!';

    public static string Escape(string text) =>
        text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);
}
