using Breeze.Client;

namespace Breeze.Console.Fleet;

/// <summary>What sites and groups of an organization are called; at most 1,000 of each.</summary>
public sealed class FilterNames
{
    private const int Most = 1000;

    public IReadOnlyList<(string Id, string Text)> Sites { get; private set; } = [];

    public IReadOnlyList<(string Id, string Text)> Groups { get; private set; } = [];

    public IReadOnlyList<(string Id, string Text)> StaticGroups { get; private set; } = [];

    /// <exception cref="BreezeException">The server is away.</exception>
    public async Task Load(BreezeClient client, Guid? orgId, CancellationToken cancel)
    {
        IReadOnlyList<(string, object?)> query = [("orgId", orgId)];
        Sites = await All(client.Sites.List(query, cancel), site => (site.Id.ToString(), site.Name));
        var groups = await All(client.Groups.List(query, cancel), group => (group.Type, Option: (group.Id.ToString(), group.Name)));
        Groups = [.. groups.Select(g => g.Option)];
        StaticGroups = [.. groups.Where(g => g.Type == Contracts.Fleet.GroupType.Static).Select(g => g.Option)];
    }

    private static async Task<List<TOut>> All<T, TOut>(IAsyncEnumerable<T> list, Func<T, TOut> take)
    {
        var all = new List<TOut>();
        await foreach (var one in list)
        {
            all.Add(take(one));
            if (all.Count == Most)
            {
                break;
            }
        }

        return all;
    }
}
