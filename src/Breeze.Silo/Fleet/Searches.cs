using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary>The <c>search</c> parameter of a list.</summary>
internal static class Searches
{
    /// <summary>What the reference says of a search among devices.</summary>
    public const string OfDevices = "Part of the hostname or the display name, in either case of letters.";

    /// <summary>What the reference says of a search by name.</summary>
    public const string OfNames = "Part of the name, in either case of letters.";

    private const int MaxLength = 255;

    /// <summary>The text as a pattern for <see cref="Contains"/>, or null when there is none.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static string? Pattern(IQueryCollection query) => Read(query) is { Length: > 0 } text ? $"%{LikePattern.Escape(text)}%" : null;

    /// <summary>SQL: the column contains what the argument <c>@part</c>, a <see cref="Pattern"/>, stands for.</summary>
    /// <remarks>The database folds both sides, so that a text always finds itself; letters beyond ASCII are folded by PostgreSQL alone.</remarks>
    public static string Contains(string column) => $"lower({column}) like lower(@part) escape '{LikePattern.EscapeCharacter}'";

    /// <summary>The text, or null when there is none.</summary>
    /// <exception cref="RefusedException">400: too long, given twice, or with a NUL.</exception>
    public static string? Read(IQueryCollection query)
    {
        var given = query["search"];
        return given.Count == 0 ? null
            : given is [{ Length: <= MaxLength } text] && JsonText.IsStorable(text) ? text
            : throw new RefusedException(Refusal.Invalid($"search must be text of at most {MaxLength} characters.", "search"));
    }
}
