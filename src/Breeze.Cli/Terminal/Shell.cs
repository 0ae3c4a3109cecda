using Breeze.Cli.Session;
using Breeze.Client;
using Spectre.Console;

namespace Breeze.Cli.Terminal;

/// <summary>What a command sees of the outside: the screen, the plain streams, the stored login, the clock.</summary>
/// <param name="Screen">Tables and live views, for people; on standard output.</param>
/// <param name="Output">Standard output, for <c>--json</c> and plain lines.</param>
/// <param name="Errors">Standard error: one sentence a failure.</param>
/// <param name="Connect">Makes a client for a login; a test gives its own.</param>
public sealed record Shell(
    IAnsiConsole Screen, TextWriter Output, TextWriter Errors, LoginStore Logins, Func<Login, BreezeClient> Connect, TimeProvider Time)
{
    /// <summary>True when a person watches: the output is a terminal that can move its cursor.</summary>
    public bool IsInteractive => Screen.Profile.Out.IsTerminal && Screen.Profile.Capabilities is { Interactive: true, Ansi: true };

    public static Shell OfProcess()
    {
        var screen = AnsiConsole.Console;
        if (!screen.Profile.Out.IsTerminal)
        {
            // A pipe has no width: rows stay on one line, whatever they hold.
            screen.Profile.Width = 400;
        }

        return new Shell(screen, Console.Out, Console.Error, LoginStore.OfUser(), login => BreezeClient.Connect(login.Server, login.Key), TimeProvider.System);
    }
}
