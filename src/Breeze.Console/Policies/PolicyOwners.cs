using Breeze.Client;
using Breeze.Console.Access;
using Breeze.Contracts.Access;

namespace Breeze.Console.Policies;

/// <summary>The partners that somebody can make policies for.</summary>
public static class PolicyOwners
{
    /// <summary>Empty for those whose key belongs to an organization.</summary>
    public static async Task<IReadOnlyList<(string Value, string Text)>> Partners(BreezeClient client, CurrentSession session)
    {
        if (session.Now is not { } me || me.Scope == KeyScope.Org)
        {
            return [];
        }

        if (me.PartnerId is { } own)
        {
            return [(own.ToString(), "Your partner")];
        }

        var partners = new List<(string Value, string Text)>();
        try
        {
            await foreach (var partner in client.Partners.List())
            {
                partners.Add((partner.Id.ToString(), partner.Name));
            }
        }
        catch (BreezeException)
        {
            // A key that may not see partners makes policies of organizations.
        }

        return partners;
    }
}
