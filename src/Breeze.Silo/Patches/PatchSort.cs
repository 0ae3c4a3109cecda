using System.Globalization;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>An order of patches, and where a list in that order goes on.</summary>
/// <param name="Name">As in the query; a minus turns it round.</param>
/// <param name="Column">An expression that is never null.</param>
internal sealed record PatchSort(string Name, string Column, bool IsText, bool Descending, Func<PatchRow, object> Key)
{
    private const string Default = "-createdAt";

    private static readonly PatchSort[] All =
    [
        new("createdAt", "p.created_at", false, false, r => r.CreatedAt.ToUnixTimeMilliseconds()),
        new("releaseDate", "coalesce(p.release_date, 0)", false, false, r => r.ReleaseDate?.ToUnixTimeMilliseconds() ?? 0),
        new("severity", "p.severity", false, false, r => (long)r.Severity),
        new("title", "p.title_key", true, false, r => r.TitleKey),
    ];

    /// <summary>The <c>sort</c> of a query; newest first when there is none.</summary>
    /// <exception cref="RefusedException">400: no such order.</exception>
    public static PatchSort Read(IQueryCollection query)
    {
        var name = query.TryGetValue("sort", out var given) && given.Count == 1 ? given.ToString() : given.Count > 1 ? "" : Default;
        return All.SelectMany(s => new[] { s, s with { Name = "-" + s.Name, Descending = true } }).FirstOrDefault(s => s.Name == name)
            ?? throw new RefusedException(Refusal.Invalid(
                "sort must be one of createdAt, releaseDate, severity, title; a minus in front turns it round.", "sort"));
    }

    public string OrderBy => Descending ? $"{Column} desc, p.patch_id desc" : $"{Column}, p.patch_id";

    /// <summary>The condition for what follows the cursor; empty without one.</summary>
    public string After(string? cursor, DynamicParameters arguments)
    {
        if (Cursors.Decode<PatchPosition>(cursor) is not { } at)
        {
            return "";
        }

        if (at.Sort != Name || (!IsText && !long.TryParse(at.Key, CultureInfo.InvariantCulture, out _)))
        {
            throw new RefusedException(Refusal.Invalid("cursor is of a list in another order.", "cursor"));
        }

        arguments.Add("key", IsText ? at.Key : long.Parse(at.Key, CultureInfo.InvariantCulture));
        arguments.Add("after", at.Id);
        return $" and ({Column}, p.patch_id) {(Descending ? "<" : ">")} (@key, @after)";
    }

    public string Cursor(PatchRow last) =>
        Cursors.Encode(new PatchPosition(Name, Convert.ToString(Key(last), CultureInfo.InvariantCulture)!, last.PatchId));

    private sealed record PatchPosition(string Sort, string Key, Guid Id);
}
