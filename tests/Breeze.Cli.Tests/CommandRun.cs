using Breeze.Cli.Session;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console.Testing;

namespace Breeze.Cli.Tests;

/// <summary>One command line, run against a scripted server.</summary>
internal sealed record CommandRun(int Code, string Output, string Errors)
{
    public static async Task<CommandRun> Of(ScriptedServer server, params string[] args)
    {
        using var screen = new TestConsole();
        screen.Profile.Width = 200;
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var logins = new LoginStore(
            Path.Combine(Path.GetTempPath(), $"breeze-none-{Guid.NewGuid():N}"),
            name => name switch { "BREEZE_SERVER" => "http://breeze.test", "BREEZE_KEY" => "brz_test", _ => null });
        var shell = new Shell(screen, output, errors, logins, login => Client(server, login), new FakeTimeProvider(Sample.At));
        var code = await CommandLine.Run(args, shell);
        return new CommandRun(code, output.ToString() + screen.Output, errors.ToString());
    }

    private static BreezeClient Client(ScriptedServer server, Login login) =>
        new(new HttpClient(server) { BaseAddress = login.Server }, login.Key, new BreezeClientOptions { FirstDelay = TimeSpan.FromMilliseconds(1) });
}
