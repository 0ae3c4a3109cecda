using System.Globalization;
using Breeze.Console.Shell;
using Breeze.Contracts.Agents;

namespace Breeze.Console.Fleet;

/// <summary>Commands as people read them.</summary>
public static class CommandWords
{
    public static string Of(string type) => type switch
    {
        CommandTypes.RunScript => "Run a script",
        CommandTypes.ScanPatches => "Scan for patches",
        CommandTypes.InstallPatches => "Install patches",
        CommandTypes.RollbackPatches => "Roll patches back",
        CommandTypes.InstallSoftware => "Install software",
        CommandTypes.UninstallSoftware => "Remove software",
        CommandTypes.ApplyPolicy => "Apply a policy",
        CommandTypes.Reboot => "Restart",
        _ => Words.Sentence(type),
    };

    public static string Took(long milliseconds) => milliseconds < 1000
        ? milliseconds.ToString(CultureInfo.InvariantCulture) + " ms"
        : Instants.Long(TimeSpan.FromMilliseconds(milliseconds));
}
