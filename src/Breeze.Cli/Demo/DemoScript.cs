using Breeze.Contracts.Agents;
using Breeze.Contracts.Fleet;

namespace Breeze.Cli.Demo;

/// <summary>The script that is rolled out: it only looks, and what it says is worth reading.</summary>
public static class DemoScript
{
    private const string Bash = """
        set -eu
        echo "host     $(hostname 2>/dev/null || cat /etc/hostname)"
        echo "system   $(uname -srm)"
        echo "uptime   $(uptime | sed 's/^ *//')"
        echo "disk     $(df -hP / | awk 'NR==2 {print $4 " free of " $2}')"
        echo "message  $MESSAGE"
        """;

    private const string PowerShell = """
        "host     $env:COMPUTERNAME"
        "system   $([System.Environment]::OSVersion.VersionString)"
        "message  $env:MESSAGE"
        """;

    public static ScriptBody Body(Guid org) => new()
    {
        OrgId = org,
        Name = "Look around",
        Language = OperatingSystem.IsWindows() ? ScriptLanguage.Powershell : ScriptLanguage.Bash,
        Content = OperatingSystem.IsWindows() ? PowerShell : Bash,
        Parameters = [new ScriptParameterBody { Name = "MESSAGE", Required = true }],
        TimeoutSeconds = 30,
    };
}
