using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Connection;

/// <summary>Keeps one device connected: connects, says Hello, serves until the connection ends, waits, again.</summary>
/// <param name="endpoint">Where to and as whom.</param>
/// <param name="session">What is on this side.</param>
/// <param name="random">Spreads the waits.</param>
/// <param name="time">Times the waits.</param>
/// <param name="loggers">For this and for SignalR.</param>
/// <param name="handshakes">Bounds how many connections of this process open at once; null for no bound.</param>
public sealed partial class AgentConnection(
    AgentEndpoint endpoint,
    IAgentSession session,
    Random random,
    TimeProvider time,
    ILoggerFactory loggers,
    SemaphoreSlim? handshakes = null)
{
    private static readonly TimeSpan HelloTime = TimeSpan.FromSeconds(30);

    // A connection that ends sooner than this counts as a failed attempt: a server that drops everybody must not be hammered.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger<AgentConnection>();

    /// <summary>Runs until cancelled; does not throw for anything the network does.</summary>
    public async Task Run(CancellationToken stopped)
    {
        for (var failures = 0; !stopped.IsCancellationRequested;)
        {
            var began = time.GetTimestamp();
            var end = await Serve(stopped);
            if (stopped.IsCancellationRequested)
            {
                return;
            }

            failures = end.WasConnected && time.GetElapsedTime(began) > Settled ? 0 : failures;
            var delay = (end.CredentialRefused ? ReconnectDelay.Refused : ReconnectDelay.Default).After(failures++, end.Hint, Chance());
            LogEnded(end.Reason, delay.TotalMilliseconds);
            await Task.Delay(delay, time, stopped).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<ConnectionEnd> Serve(CancellationToken stopped)
    {
        var end = new ConnectionEnd();
        var hub = HubSocket.Create(endpoint, loggers);
        await using (hub)
        {
            var closed = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var greeted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            hub.Closed += error =>
            {
                closed.TrySetResult(error);
                return Task.CompletedTask;
            };
            Listen(hub, greeted.Task, end);
            try
            {
                await Open(hub, stopped);
                end.WasConnected = true;
                greeted.TrySetResult(true);
                LogConnected(endpoint.Server);
                end.Reason = (await closed.Task.WaitAsync(stopped))?.Message ?? "the server closed the connection";
            }
            catch (Exception e)
            {
                // Whatever a network, a proxy or a server can throw ends here: an agent never gives up.
                end.Reason = e.Message;
                var refused = e as SocketRefusedException ?? e.InnerException as SocketRefusedException;
                end.CredentialRefused = refused?.IsCredentialRefused ?? false;
                end.Hint ??= refused?.RetryAfter;
            }
            finally
            {
                greeted.TrySetResult(false);
                if (end.WasConnected)
                {
                    session.Disconnected();
                }
            }
        }

        return end;
    }

    private async Task Open(HubConnection hub, CancellationToken stopped)
    {
        if (handshakes is not null)
        {
            await handshakes.WaitAsync(stopped);
        }

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopped);
            patience.CancelAfter(HelloTime);
            await hub.StartAsync(patience.Token);
            var answer = await hub.InvokeAsync<HelloAnswer>(AgentMethods.Hello, session.Hello(), patience.Token);
            session.Connected(answer, new HubLink(hub));
        }
        finally
        {
            handshakes?.Release();
        }
    }

    private void Listen(HubConnection hub, Task<bool> greeted, ConnectionEnd end)
    {
        // Handlers run one after the other, so waiting here keeps the order of what the server sent.
        hub.On<Command>(AgentMethods.Command, async command =>
        {
            if (await greeted)
            {
                session.Received(command);
            }
        });
        hub.On<CancelCommand>(AgentMethods.CancelCommand, async cancel =>
        {
            if (await greeted)
            {
                session.Cancelled(cancel.Id);
            }
        });
        hub.On<Reconnect>(AgentMethods.Reconnect, reconnect =>
        {
            LogAskedToReconnect(reconnect.AfterMs, reconnect.Reason);
            end.Hint = TimeSpan.FromMilliseconds(reconnect.AfterMs);
        });
    }

    private double Chance()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to {Server}")]
    private partial void LogConnected(Uri server);

    [LoggerMessage(LogLevel.Information, "Not connected: {Reason}. Connecting again in {DelayMs:0} ms")]
    private partial void LogEnded(string reason, double delayMs);

    [LoggerMessage(LogLevel.Information, "The server asks to reconnect after {DelayMs} ms: {Reason}")]
    private partial void LogAskedToReconnect(int delayMs, string reason);

    private sealed class ConnectionEnd
    {
        public bool WasConnected { get; set; }
        public bool CredentialRefused { get; set; }
        public TimeSpan? Hint { get; set; }
        public string Reason { get; set; } = "stopped";
    }

    private sealed class HubLink(HubConnection hub) : IServerLink
    {
        public Task<AcceptAnswer> Accept(Accepted accepted, CancellationToken cancelled) =>
            hub.InvokeAsync<AcceptAnswer>(AgentMethods.Accepted, accepted, cancelled);

        public Task<Acknowledged> Report(Result result, CancellationToken cancelled) =>
            hub.InvokeAsync<Acknowledged>(AgentMethods.Result, result, cancelled);

        public Task Report(ReportInventory inventory, CancellationToken cancelled) =>
            hub.InvokeAsync<Acknowledged>(AgentMethods.ReportInventory, inventory, cancelled);

        public Task<Acknowledged> Report(ReportPatches patches, CancellationToken cancelled) =>
            hub.InvokeAsync<Acknowledged>(AgentMethods.ReportPatches, patches, cancelled);

        public Task Tell(Progress progress, CancellationToken cancelled) => hub.SendAsync(AgentMethods.Progress, progress, cancelled);
    }
}
