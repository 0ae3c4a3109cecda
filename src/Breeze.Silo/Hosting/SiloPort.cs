using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Breeze.Silo.Hosting;

/// <summary>The port for other silos when none is configured: a free one, and the same again after a restart on the same data.</summary>
/// <remarks>
/// A silo that comes back at its old address replaces its dead self in the cluster at once; at another one it would wait for that self
/// to be given up.
/// </remarks>
internal static class SiloPort
{
    public static int OfItsOwn(string data, IPAddress listening)
    {
        var file = Path.Combine(data, "silo.port");
        if (File.Exists(file)
            && int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var remembered)
            && TryListen(listening, remembered) is { } same)
        {
            return same;
        }

        var port = TryListen(listening, 0)!.Value;
        File.WriteAllText(file, port.ToString(CultureInfo.InvariantCulture));
        return port;
    }

    private static int? TryListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
