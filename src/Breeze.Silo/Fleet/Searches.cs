using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary>The <c>search</c> parameter of a list.</summary>
internal static class Searches
{
    private const int MaxLength = 255;

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
