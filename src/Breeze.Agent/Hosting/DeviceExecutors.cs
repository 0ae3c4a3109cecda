using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Patches;
using Breeze.Agent.Patches.Apple;
using Breeze.Agent.Patches.Apt;
using Breeze.Agent.Patches.Dnf;
using Breeze.Agent.Patches.Windows;
using Breeze.Agent.Policies;
using Breeze.Agent.Reboots;
using Breeze.Agent.Scripts;
using Breeze.Agent.Software;
using Breeze.Agent.Tools;

namespace Breeze.Agent.Hosting;

/// <summary>Everything that this device can be told to do.</summary>
public static class DeviceExecutors
{
    /// <param name="folder">The agent's files.</param>
    /// <param name="tools">The device's own programs.</param>
    /// <param name="http">Downloads installers.</param>
    /// <param name="time">The clock of all of it.</param>
    public static CommandRunner Runner(DataFolder folder, DeviceTools tools, HttpClient http, TimeProvider time)
    {
        var runner = new ToolRunner(tools, time);
        var scripts = new ScriptRunner(folder.Scripts, time);
        var reports = new ServerReports(time);
        var reboot = new PendingReboot(time);
        var sources = Sources(runner, new PatchMemory(folder.Patches), folder.Packages, ThisDevice.Platform);
        var policy = new DevicePolicy(folder.Policy);
        return new CommandRunner(
            [
                new ScriptCommands(scripts),
                new PatchScans(sources, policy, reports),
                new PatchCommands(sources, reboot),
                new SoftwareCommands(http, runner, scripts, reboot, folder.Downloads, ThisDevice.Platform),
                new PolicyCommands(policy),
                new RebootCommands(runner, reboot, ThisDevice.Platform),
            ],
            reports,
            time);
    }

    /// <summary>The patch sources that a device has: by its platform, and by the package manager that is there.</summary>
    public static IReadOnlyList<IPatchSource> Sources(ToolRunner tools, PatchMemory memory, string packages, DevicePlatform platform) => platform switch
    {
        DevicePlatform.Windows => [new WindowsUpdateSource(tools), .. tools.Has("winget") ? new[] { new WingetSource(tools, memory) } : []],
        DevicePlatform.MacOS => [new SoftwareUpdateSource(tools)],
        _ when tools.Has("apt-get") => [new PackageSource(new AptPackages(tools, Distribution(), new KeptPackages(packages)), memory)],
        _ when tools.Has("dnf") => [new PackageSource(new DnfPackages(tools), memory)],
        _ => [],
    };

    private static string Distribution()
    {
        try
        {
            return File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith("ID=", StringComparison.Ordinal))?["ID=".Length..].Trim('"') ?? "Debian";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "Debian";
        }
    }
}
