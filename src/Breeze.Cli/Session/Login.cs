namespace Breeze.Cli.Session;

/// <summary>Where the server is and the key to it.</summary>
/// <param name="Server">An absolute http or https address.</param>
/// <param name="Key">A secret: never printed.</param>
public sealed record Login(Uri Server, string Key)
{
    /// <summary>Refuses what cannot be an address or a key with a <see cref="UsageException"/>.</summary>
    public static Login Parse(string server, string key)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"'{server}' is not an http or https address.");
        }

        // A header value: a line break pasted along would otherwise fail deep inside the HTTP stack.
        return key.Trim() is { Length: > 0 } trimmed && trimmed.All(c => c is > ' ' and < '\x7f')
            ? new Login(address, trimmed)
            : throw new UsageException("The key is empty or holds characters that no key has.");
    }

    public override string ToString() => Server.ToString();
}
