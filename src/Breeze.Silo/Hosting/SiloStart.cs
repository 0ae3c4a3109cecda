using Breeze.Silo.Agents;

namespace Breeze.Silo.Hosting;

/// <summary>Runs a silo from its arguments to its exit code.</summary>
public static class SiloStart
{
    /// <summary>0 after an asked stop; else one sentence on standard error and 2 (configuration), 3 (database) or 1 (anything else).</summary>
    public static async Task<int> Run(string[] args, Func<SiloSettings, WebApplication> build)
    {
        try
        {
            var settings = await ClusterAddress.Resolve(SettingsSources.Load(args, Environment.GetEnvironmentVariables()));
            using var directory = DataDirectory.Open(settings.Data);
            settings = settings with { Data = directory.Path };
            await DatabaseStart.Prepare(settings);
            await CommandKeyStart.Agree(settings, TimeProvider.System);
            await using var app = build(settings);
            await app.RunAsync();
            return 0;
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"The silo could not start: {Innermost(e).Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
