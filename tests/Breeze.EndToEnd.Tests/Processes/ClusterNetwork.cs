using System.Diagnostics;
using System.Globalization;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>A network of its own for each silo, joined by a bridge, so that the ways between them can be cut.</summary>
public sealed class ClusterNetwork : IDisposable
{
    private readonly string _prefix;
    private readonly string _net;
    private readonly List<string> _names = [];

    private ClusterNetwork(int silos)
    {
        var id = Environment.ProcessId;
        _prefix = string.Create(CultureInfo.InvariantCulture, $"bz{id % 1_000_000}");
        _net = string.Create(CultureInfo.InvariantCulture, $"10.{64 + (id % 64)}.{id / 64 % 256}.");
        Ip("link", "add", _prefix, "type", "bridge");
        Ip("addr", "add", Front + "/24", "dev", _prefix);
        Ip("addr", "add", Database + "/24", "dev", _prefix);
        Ip("link", "set", _prefix, "up");
        for (var silo = 1; silo <= silos; silo++)
        {
            Add(silo);
        }
    }

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } = Probe();

    /// <summary>Where the tests, the load balancer and the agents are.</summary>
    public string Front => _net + "1";

    /// <summary>Where the database is: the same machine, at an address that can be cut off apart.</summary>
    public string Database => _net + "2";

    public static ClusterNetwork Create(int silos) => new(silos);

    /// <param name="silo">From 1.</param>
    public string AddressOf(int silo) => _net + (10 + silo).ToString(CultureInfo.InvariantCulture);

    /// <summary>What a command line begins with that runs at this silo's place.</summary>
    public string[] At(int silo) => ["ip", "netns", "exec", Name(silo)];

    /// <summary>From now on nothing goes between a silo and an address, in either direction.</summary>
    /// <returns>False where it was cut already; then whoever cut it mends it.</returns>
    public bool Cut(int silo, string address) => Run("ip", "-n", Name(silo), "route", "add", "blackhole", address + "/32") is null;

    public void Mend(int silo, string address) => Ip("-n", Name(silo), "route", "del", "blackhole", address + "/32");

    public void Dispose()
    {
        foreach (var name in _names)
        {
            Run("ip", "netns", "del", name);
        }

        Run("ip", "link", "del", _prefix);
    }

    private string Name(int silo) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}s{silo}");

    private void Add(int silo)
    {
        var name = Name(silo);
        Ip("netns", "add", name);
        _names.Add(name);
        Ip("link", "add", name + "o", "type", "veth", "peer", "name", "eth0", "netns", name);
        Ip("link", "set", name + "o", "master", _prefix, "up");
        Ip("-n", name, "addr", "add", AddressOf(silo) + "/24", "dev", "eth0");
        Ip("-n", name, "link", "set", "eth0", "up");
        Ip("-n", name, "link", "set", "lo", "up");
    }

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "only root can make network namespaces";
        }

        var name = $"bzprobe{Environment.ProcessId}";
        try
        {
            return Run("ip", "netns", "add", name) is { } error ? error : Run("ip", "netns", "del", name);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "there is no ip command";
        }
    }

    private static void Ip(params string[] arguments)
    {
        if (Run("ip", arguments) is { } wrong)
        {
            throw new InvalidOperationException(wrong);
        }
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"{program} {string.Join(' ', arguments)}: {error}";
    }
}
