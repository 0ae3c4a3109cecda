using System.CommandLine;
using Breeze.Cli.Terminal;

namespace Breeze.Cli.Session;

/// <summary><c>breeze login</c> and <c>logout</c>.</summary>
public static class SessionCommands
{
    public static Command Login(Shell shell)
    {
        var server = new Option<string>("--server") { Description = "The server's address, for example http://127.0.0.1:5080.", Required = true };
        var key = new Option<string>("--key") { Description = "An API key; '-' reads it from standard input, which keeps it out of the process list.", Required = true };
        return new Command("login", "Check a key and remember it for this user.").With(server, key).Does(shell, async run =>
        {
            var given = run.Get(key)!;
            var login = Session.Login.Parse(run.Get(server)!, given == "-" ? await Console.In.ReadLineAsync(run.Cancel) ?? "" : given);
            using var client = shell.Connect(login);
            // The smallest thing every role may read: a wrong key is refused now, not at the first real command.
            await client.Deployments.Page(limit: 1, cancel: run.Cancel);
            var file = shell.Logins.Write(login);
            if (!run.Json)
            {
                run.Say($"Logged in to {login.Server}; kept in {file}.");
            }
        });
    }

    public static Command Logout(Shell shell) =>
        new Command("logout", "Forget the remembered login.").Does(shell, run =>
        {
            var had = shell.Logins.Forget();
            if (!run.Json)
            {
                run.Say(had ? "Logged out." : "There was no login.");
            }

            return Task.CompletedTask;
        });
}
