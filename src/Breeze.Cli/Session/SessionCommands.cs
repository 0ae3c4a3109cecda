using System.CommandLine;
using System.Text.Json;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Contracts;

namespace Breeze.Cli.Session;

/// <summary><c>breeze login</c>, <c>logout</c> and <c>sign-in</c>.</summary>
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

    public static Command SignIn(Shell shell) =>
        new Command("sign-in", "Print a link that opens the console signed in with this key, once, within an hour.").Does(shell, async run =>
        {
            using var client = run.Connect();
            var link = await client.Session.CreateLink(run.Cancel);
            if (run.Json)
            {
                run.Say(JsonSerializer.Serialize(link, BreezeJson.Options));
                return;
            }

            run.Say(link.Url ?? throw new BreezeException("The server's answer was lost and cannot be given again; ask once more."));
            run.Say($"It works once, until {Printable.Time(link.ExpiresAt, shell.Time)}. Whoever has it is signed in with your key: do not pass it on.");
        });

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
