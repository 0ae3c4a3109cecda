namespace Breeze.Console.Shell;

/// <summary>The query of an address, by name.</summary>
public static class Query
{
    public static Dictionary<string, string> Of(string uri)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in new Uri(uri).Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at > 0)
            {
                found[Uri.UnescapeDataString(part[..at])] = Uri.UnescapeDataString(part[(at + 1)..].Replace('+', ' '));
            }
        }

        return found;
    }
}
