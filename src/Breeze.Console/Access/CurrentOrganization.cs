using Breeze.Client;
using Breeze.Console.Shell;
using Breeze.Contracts.Access;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Access;

/// <summary>The customer that is looked at: part of every address (<c>?org=</c>), so that a shared link shows the same.</summary>
public sealed class CurrentOrganization(BreezeClient client, CurrentSession session, NavigationManager address, Browser browser)
{
    private const string Parameter = "org";
    private const string Stored = "breeze.org";

    /// <summary>The organizations that this key sees, by name; at most 1,000.</summary>
    public IReadOnlyList<Organization> All { get; private set; } = [];

    /// <summary>Null: all of them together.</summary>
    public Guid? Id { get; private set; }

    public Organization? Now => All.FirstOrDefault(o => o.Id == Id);

    /// <summary>Where something is made: the chosen one, or the only one; null: the operator has to choose.</summary>
    public Guid? ForNew => Id ?? (All.Count == 1 ? All[0].Id : null);

    public bool IsSeveral => All.Count > 1;

    public event Action? Changed;

    public string NameOf(Guid? id) => All.FirstOrDefault(o => o.Id == id)?.Name ?? "–";

    /// <summary>After a sign-in: the list, and what the address or the last visit chose.</summary>
    public async Task Load()
    {
        if (session.Now is null)
        {
            All = [];
            return;
        }

        var all = new List<Organization>();
        await foreach (var organization in client.Organizations.List())
        {
            all.Add(organization);
            if (all.Count == 1000)
            {
                break;
            }
        }

        All = [.. all.OrderBy(o => o.Name, StringComparer.OrdinalIgnoreCase)];
        var stored = Guid.TryParse(await browser.Recall(Stored), out var last) ? last : (Guid?)null;
        Id = InAddress() ?? (All.Count == 1 ? All[0].Id : All.Any(o => o.Id == stored) ? stored : null);
        Changed?.Invoke();
    }

    /// <summary>Shows another one on the same page, or all (null).</summary>
    public async Task Choose(Guid? id)
    {
        await browser.Remember(Stored, id?.ToString());
        if (id != Id)
        {
            Id = id;
            address.NavigateTo(address.GetUriWithQueryParameters(new Dictionary<string, object?> { [Parameter] = id, ["page"] = null }));
            Changed?.Invoke();
        }
    }

    /// <summary>An address of this console with the chosen organization in it.</summary>
    /// <param name="path">Such as <c>/devices?status=offline</c>.</param>
    public string Link(string path) => Id is { } id && IsSeveral ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Parameter}={id}" : path;

    /// <summary>The address changed: by a link that names another organization, it is the one now.</summary>
    public void Follow()
    {
        if (InAddress() is { } id && id != Id)
        {
            Id = id;
            Changed?.Invoke();
        }
    }

    private Guid? InAddress()
    {
        foreach (var part in new Uri(address.Uri).Query.TrimStart('?').Split('&'))
        {
            if (part.StartsWith(Parameter + "=", StringComparison.Ordinal) && Guid.TryParse(part[(Parameter.Length + 1)..], out var id))
            {
                return id;
            }
        }

        return null;
    }
}
