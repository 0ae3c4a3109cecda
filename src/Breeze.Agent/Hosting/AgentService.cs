using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Scripts;
using Breeze.Agent.Software;
using Breeze.Agent.Tools;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Hosting;

/// <summary>The agent of this machine, from its data folder to its connection.</summary>
/// <param name="folder">Its files; held for as long as it runs.</param>
/// <param name="settings">What the administrator set.</param>
/// <param name="time">The clock of all of it.</param>
/// <param name="loggers">For all of it.</param>
/// <param name="lifetime">Ended when the agent cannot go on.</param>
public sealed partial class AgentService(
    DataFolder folder, AgentSettings settings, TimeProvider time, ILoggerFactory loggers, IHostApplicationLifetime lifetime) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<AgentService>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Reading a journal is not for the host's start-up thread.
        await Task.Yield();
        try
        {
            await Work(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(e.Message, e is AgentStartException ? null : e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task Work(CancellationToken stopped)
    {
        using var held = folder.Lock();
        var identity = folder.ReadIdentity();
        LogStarted(identity.DeviceId, folder.Root);
        ScriptWorkspace.DeleteAll(folder.Scripts);
        InstallerDownload.DeleteAll(folder.Downloads);
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var keys = new CommandKeyRing(identity.CommandKeys);
        using var journal = new CommandJournal(folder.Journal);
        var runner = DeviceExecutors.Runner(folder, new DeviceTools(settings.Tools, new Dictionary<string, string>()), http, time);
        using var processor = new CommandProcessor(
            journal,
            new CommandVerifier(identity.DeviceId, keys),
            runner,
            time,
            loggers.CreateLogger<CommandProcessor>());
        var session = new DeviceSession(
            processor, runner.Types, keys, pinned => folder.WriteIdentity(identity with { CommandKeys = pinned }), time, loggers.CreateLogger<DeviceSession>());
        var endpoint = new AgentEndpoint(settings.Server ?? identity.Server, identity.Token);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        var processing = processor.Run(ended.Token);
        var connecting = new AgentConnection(endpoint, session, new Random(), time, loggers).Run(ended.Token);
        // Neither ends by itself: whichever does takes the other along.
        await Task.WhenAny(processing, connecting);
        await ended.CancelAsync();
        await Task.WhenAll(processing, connecting);
    }

    [LoggerMessage(LogLevel.Information, "Device {DeviceId} started with its files in {Folder}")]
    private partial void LogStarted(Guid deviceId, string folder);

    [LoggerMessage(LogLevel.Critical, "The agent cannot go on: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
