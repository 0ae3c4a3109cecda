using Breeze.Client;
using Breeze.Contracts.Fleet;

namespace Breeze.Console.Fleet;

/// <summary>The sites of an organization by id, fetched once a page; at most 1,000.</summary>
public static class FleetPlaces
{
    /// <exception cref="BreezeException">The server is away.</exception>
    public static async Task<IReadOnlyList<Site>> Sites(this BreezeClient client, Guid? orgId, CancellationToken cancel = default)
    {
        var all = new List<Site>();
        await foreach (var site in client.Sites.List([("orgId", orgId)], cancel))
        {
            all.Add(site);
            if (all.Count == 1000)
            {
                break;
            }
        }

        all.Sort((a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return all;
    }
}
