using Breeze.Agent.Scripts;

namespace Breeze.Agent.Tools;

/// <summary>Where this device's own programs are: package managers, shutdown, installers.</summary>
/// <param name="Programs">Programs that are somewhere else, by their usual names; <c>tools</c> in <c>agent.json</c>.</param>
/// <param name="Environment">Set for each of them, over the agent's own environment.</param>
public sealed record DeviceTools(IReadOnlyDictionary<string, string> Programs, IReadOnlyDictionary<string, string> Environment)
{
    // A service's PATH may lack the folders of programs for administrators.
    private const string SystemFolders = ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

    /// <summary>Full path of a program; null when this device does not have it.</summary>
    public string? Locate(string name)
    {
        if (Programs.TryGetValue(name, out var path))
        {
            return File.Exists(path) ? path : null;
        }

        var platform = ThisDevice.Platform;
        var search = System.Environment.GetEnvironmentVariable("PATH") + (platform == DevicePlatform.Windows ? "" : SystemFolders);
        return new Interpreter([name], [], "").Locate(platform, search);
    }
}
