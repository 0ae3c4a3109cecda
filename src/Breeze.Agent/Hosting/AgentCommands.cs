using System.CommandLine;
using Breeze.Agent.Enrollment;
using Breeze.Agent.Inventory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Hosting;

/// <summary>The agent's command line: <c>enroll</c>, <c>run</c>, <c>install</c>. Anything else is refused with exit code 1.</summary>
public static class AgentCommands
{
    private static readonly Option<string?> Data = new("--data") { Description = $"The agent's data folder (default {DataFolder.Default})." };

    public static RootCommand Create() => new("The Breeze device agent.") { EnrollCommand(), RunCommand(), InstallCommand() };

    /// <summary>Runs one command line; a start that cannot be is one sentence on standard error and exit code 1.</summary>
    public static async Task<int> Invoke(string[] args)
    {
        try
        {
            return await Create().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e) when (e is AgentStartException or EnrollmentException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static Command EnrollCommand()
    {
        var server = new Option<string>("--server") { Required = true, Description = "The server's address, for example https://breeze.example.com." };
        var key = new Option<string>("--key") { Required = true, Description = "An enrolment key of the device's site." };
        var hostname = new Option<string?>("--hostname") { Description = "The name to enrol under (default: this machine's)." };
        var tags = new Option<string[]>("--tag") { Description = "A tag for the device; may be given several times." };
        var command = new Command("enroll", "Gives this device its identity.") { server, key, Data, hostname, tags };
        command.SetAction(async (parsed, cancelled) =>
        {
            var folder = new DataFolder(AgentSettings.FolderFor(parsed.GetValue(Data)));
            await Enroll(folder, Address(parsed.GetValue(server)!), DeviceFacts.EnrollRequest(
                parsed.GetValue(key)!, parsed.GetValue(hostname), parsed.GetValue(tags) ?? []), cancelled);
        });
        return command;
    }

    private static Command RunCommand()
    {
        var server = new Option<string?>("--server") { Description = "The server's address, where it has moved since the enrolment." };
        var command = new Command("run", "Connects this device and runs what it is sent.") { Data, server };
        command.SetAction(async (parsed, cancelled) =>
        {
            var folder = new DataFolder(AgentSettings.FolderFor(parsed.GetValue(Data)));
            var arguments = new Dictionary<string, string?>();
            if (parsed.GetValue(server) is { } moved)
            {
                arguments["server"] = moved;
            }

            await Run(folder, AgentSettings.Read(folder, arguments), cancelled);
            return Environment.ExitCode;
        });
        return command;
    }

    private static Command InstallCommand()
    {
        var unit = new Option<string>("--unit") { DefaultValueFactory = _ => SystemdUnit.DefaultPath, Description = "The unit file to write." };
        var command = new Command("install", "Writes the systemd unit (Linux).") { Data, unit };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(unit)!;
            Install(path, new DataFolder(AgentSettings.FolderFor(parsed.GetValue(Data))));
            Console.WriteLine($"{path} is written. Start it: systemctl daemon-reload && systemctl enable --now {Path.GetFileNameWithoutExtension(path)}");
        });
        return command;
    }

    private static async Task Enroll(DataFolder folder, Uri server, Contracts.Agents.EnrollRequest request, CancellationToken cancelled)
    {
        using var held = folder.Lock();
        if (File.Exists(folder.Identity))
        {
            // A second enrolment would make a second device of one machine, and orphan the first.
            throw new AgentStartException($"This device is enrolled already: {folder.Identity} exists. Delete it to enrol anew.");
        }

        using var http = new HttpClient();
        var identity = await Enroller.Enroll(http, server, request, cancelled);
        folder.WriteIdentity(identity);
        Console.WriteLine($"Enrolled as device {identity.DeviceId}.");
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
            ? address
            : throw new AgentStartException($"--server must be an http or https address, not '{text}'.");

    private static async Task Run(DataFolder folder, AgentSettings settings, CancellationToken cancelled)
    {
        // Asked for here already: a device that is not enrolled is told so in one sentence, not in a log.
        folder.ReadIdentity();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(settings.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        });
        builder.Services.AddSystemd();
        builder.Services.AddWindowsService(service => service.ServiceName = "breeze-agent");
        builder.Services.AddSingleton(folder);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        // A package manager at work is waited for; the unit gives as long.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(15));
        builder.Services.AddHostedService<AgentService>();
        using var host = builder.Build();
        await host.RunAsync(cancelled);
    }

    private static void Install(string unit, DataFolder folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new AgentStartException("install writes a systemd unit, which only Linux has; docs/agent.md says how to install elsewhere.");
        }

        // Started as "dotnet Breeze.Agent.dll" the process is dotnet's, not ours.
        var program = Path.Combine(AppContext.BaseDirectory, "Breeze.Agent");
        if (!File.Exists(program))
        {
            throw new AgentStartException($"The agent's executable {program} does not exist.");
        }

        try
        {
            File.WriteAllText(unit, SystemdUnit.Text(program, folder.Root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentStartException($"{unit} cannot be written: {e.Message}");
        }
    }
}
