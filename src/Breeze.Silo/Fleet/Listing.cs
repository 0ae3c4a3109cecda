using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary>What every list of an organization's named things can be narrowed by.</summary>
/// <param name="OrgId">One organization; null: all that the caller may see.</param>
/// <param name="Part">A <see cref="Searches.Pattern"/> of the name; null for all.</param>
internal sealed record Listing(Guid? OrgId, string? Part)
{
    /// <exception cref="RefusedException">400: malformed.</exception>
    public static Listing Read(IQueryCollection query) => new(QueryText.Id(query, "orgId"), Searches.Pattern(query));
}

internal static class ListingDocs
{
    /// <summary>Names the parameters that <see cref="Listing.Read"/> takes.</summary>
    public static RouteHandlerBuilder Narrowed(this RouteHandlerBuilder route) => route
        .Query("orgId", "One organization of the key's reach; 403 when it is not.", "0198f6a0-0000-7000-8000-000000000002")
        .Query("search", Searches.OfNames);
}
