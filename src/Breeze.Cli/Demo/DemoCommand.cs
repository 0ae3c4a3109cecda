using System.CommandLine;
using System.Text.Json;
using Breeze.Cli.Terminal;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Demo;

/// <summary><c>breeze demo</c>: a whole rollout on this machine, with nothing but the SDK installed.</summary>
public static class DemoCommand
{
    public static Command Build(Shell shell)
    {
        var devices = new Option<int>("--devices")
        {
            Description = $"Simulated devices, {DemoPlan.FewestDevices} to {DemoPlan.MostDevices}.",
            DefaultValueFactory = _ => 200,
        };
        devices.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() is >= DemoPlan.FewestDevices and <= DemoPlan.MostDevices)
            {
                return;
            }

            result.AddError($"--devices must be between {DemoPlan.FewestDevices} and {DemoPlan.MostDevices}.");
        });
        var keep = new Option<bool>("--keep") { Description = "Leave everything running at the end, until Ctrl-C." };
        var noBuild = new Option<bool>("--no-build") { Description = "Use the server and the agent as they were last built." };
        return new Command("demo", "Start a server, simulated devices and a real agent on this machine, and roll a script out to them.")
            .With(devices, keep, noBuild)
            .Does(shell, async run =>
            {
                try
                {
                    return await Run(run, run.Get(devices), run.Get(keep), run.Get(noBuild));
                }
                catch (DemoException broken)
                {
                    return CommandActions.Fail(shell, broken.Message, ExitCode.DemoBroken);
                }
            });
    }

    private static async Task<int> Run(Invocation run, int devices, bool keep, bool noBuild)
    {
        var shell = run.Shell;
        await using var demo = await DemoRun.Prepare(shell, devices, build: !noBuild, run.Json, run.Cancel);
        var result = await demo.RollOut(run.Cancel);
        if (run.Json)
        {
            shell.Output.WriteLine(JsonSerializer.Serialize(result, Listing.Indented));
        }
        else
        {
            DemoReport.Print(shell, result);
        }

        if (!keep && !run.Json)
        {
            shell.Output.WriteLine($"The rollout was to be seen at {demo.RolloutAddress}; the server ends now, --keep leaves it running to click around in.");
        }

        if (keep)
        {
            await Stay(shell, demo, run.Json, run.Cancel);
        }

        return result.Deployment.Status == DeploymentStatus.Completed ? ExitCode.Ok : ExitCode.DeploymentFailed;
    }

    private static async Task Stay(Shell shell, DemoRun demo, bool json, CancellationToken cancel)
    {
        if (!json)
        {
            shell.Output.WriteLine($"The server stays at {demo.Silo.Address.GetLeftPart(UriPartial.Authority)} (API reference: /docs, logs and data: {demo.Directory}). In another terminal:");
            shell.Output.WriteLine($"  breeze login --server {demo.Silo.Address.GetLeftPart(UriPartial.Authority)} --key - < {demo.Silo.KeyFile}");
            shell.Output.WriteLine("Ctrl-C ends it all. Click around in the rollout, signed in by this link, which works once:");
            shell.Output.WriteLine($"  {await demo.WatchAddress(cancel)}");
        }

        try
        {
            await demo.Broken(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // What was waited for.
        }
    }
}
