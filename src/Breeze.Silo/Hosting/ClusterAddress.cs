using System.Net;
using System.Net.Sockets;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>Where other silos reach this one, and where it listens for them.</summary>
internal static class ClusterAddress
{
    /// <summary>The settings with the IP address in place of a host name in <c>cluster.address</c>: looked up once, at the start.</summary>
    /// <remarks>Of several addresses an IPv4 one is taken, one of this machine alone last: a host often has its own name for both.</remarks>
    /// <exception cref="StartRefusedException">The name has no address, or one silo on SQLite is told to be reached from elsewhere.</exception>
    public static async Task<SiloSettings> Resolve(SiloSettings settings, CancellationToken cancel = default)
    {
        var cluster = settings.Cluster;
        var address = IPAddress.TryParse(cluster.Address, out var literal) ? literal : await LookUp(cluster.Address, cancel);
        if (settings.Storage.Engine == EngineKind.Sqlite && !IPAddress.IsLoopback(address))
        {
            throw new StartRefusedException(
                $"cluster.address is {cluster.Address}, but storage.engine sqlite is for one silo, which no other reaches; several silos need postgres.");
        }

        return settings with { Cluster = cluster with { Address = address.ToString() } };
    }

    /// <summary>Where it listens: <c>cluster.listenAddress</c>, or where it is reached.</summary>
    public static IPAddress Listening(ClusterSettings cluster) => IPAddress.Parse(cluster.ListenAddress ?? cluster.Address);

    public static string? Contradiction(ClusterSettings cluster)
    {
        if (IPAddress.TryParse(cluster.Address, out var address))
        {
            if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            {
                return $"cluster.address is where other silos reach this one, which {cluster.Address} does not say; it may be cluster.listenAddress.";
            }
        }
        else if (Uri.CheckHostName(cluster.Address) != UriHostNameType.Dns)
        {
            return $"cluster.address must be an IP address or a host name, not '{cluster.Address}'.";
        }

        return cluster.ListenAddress is null || IPAddress.TryParse(cluster.ListenAddress, out _)
            ? null
            : $"cluster.listenAddress must be an IP address of this machine, or 0.0.0.0 for all of them, not '{cluster.ListenAddress}'.";
    }

    private static async Task<IPAddress> LookUp(string name, CancellationToken cancel)
    {
        var found = Array.Empty<IPAddress>();
        try
        {
            found = await Dns.GetHostAddressesAsync(name, cancel);
        }
        catch (SocketException)
        {
            // Told below, like a name without addresses.
        }

        return found
            .OrderBy(address => IPAddress.IsLoopback(address))
            .ThenByDescending(address => address.AddressFamily == AddressFamily.InterNetwork)
            .ThenBy(address => address.IsIPv6LinkLocal)
            .FirstOrDefault() ?? throw new StartRefusedException($"cluster.address is '{name}', a name that has no address here.");
    }
}
