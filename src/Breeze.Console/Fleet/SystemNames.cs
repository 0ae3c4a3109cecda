using Breeze.Contracts.Agents;

namespace Breeze.Console.Fleet;

/// <summary>Operating systems as their makers write them.</summary>
public static class SystemNames
{
    public static string Of(OsType type) => type switch
    {
        OsType.Windows => "Windows",
        OsType.Macos => "macOS",
        OsType.Linux => "Linux",
        _ => type.ToString(),
    };
}
