using System.Threading.Channels;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

/// <summary>An agent without a mind of its own: the test says every message.</summary>
public sealed class TestAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HubConnection _hub;
    private readonly Channel<Command> _commands = Channel.CreateUnbounded<Command>();
    private readonly Channel<CancelCommand> _cancels = Channel.CreateUnbounded<CancelCommand>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TestAgent(Uri silo, string credential)
    {
        _hub = new HubConnectionBuilder()
            .WithUrl(new Uri(silo, AgentMethods.HubPath), o =>
            {
                o.Transports = HttpTransportType.WebSockets;
                o.SkipNegotiation = true;
                o.AccessTokenProvider = () => Task.FromResult<string?>(credential);
            })
            .Build();
        _hub.On<Command>(AgentMethods.Command, c => _commands.Writer.TryWrite(c));
        _hub.On<CancelCommand>(AgentMethods.CancelCommand, c => _cancels.Writer.TryWrite(c));
        _hub.On<Reconnect>(AgentMethods.Reconnect, _ => { });
        _hub.Closed += _ =>
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public HelloAnswer? Greeting { get; private set; }

    /// <summary>Connects without a word.</summary>
    public static Task<TestAgent> Open(SiloFixture silo, string credential) => Open(silo.Address, credential);

    private static async Task<TestAgent> Open(Uri silo, string credential)
    {
        var agent = new TestAgent(silo, credential);
        await agent._hub.StartAsync();
        return agent;
    }

    /// <summary>Connects and says Hello.</summary>
    public static Task<TestAgent> Connect(SiloFixture silo, Enrolled device) => Connect(silo.Address, device);

    public static async Task<TestAgent> Connect(Uri silo, Enrolled device)
    {
        var agent = await Open(silo, device.Token);
        agent.Greeting = await agent.Hello();
        return agent;
    }

    public Task<HelloAnswer> Hello() =>
        _hub.InvokeAsync<HelloAnswer>(AgentMethods.Hello, new Hello("1.0", "Debian 12", ["script:bash"]));

    public async Task<bool> Accept(Command command) => (await Accept(command.Id, command.Attempt)).Proceed;

    public Task<AcceptAnswer> Accept(Guid id, int attempt) =>
        _hub.InvokeAsync<AcceptAnswer>(AgentMethods.Accepted, new Accepted(id, attempt));

    public Task<Acknowledged> Say(Result result) => _hub.InvokeAsync<Acknowledged>(AgentMethods.Result, result);

    public Task Report(ReportInventory inventory) => _hub.InvokeAsync<Acknowledged>(AgentMethods.ReportInventory, inventory);

    /// <summary>Says anything at all about patches.</summary>
    public Task<Acknowledged> ReportPatches(object report) => _hub.InvokeAsync<Acknowledged>(AgentMethods.ReportPatches, report);

    public async Task<Command> Next(string phase) => await Take(_commands, phase);

    public async Task<CancelCommand> NextCancel(string phase) => await Take(_cancels, phase);

    /// <summary>Fails if a command has come; what is on its way is given a moment.</summary>
    /// <param name="known">One that was sent before: delivery is at least once, so it may come again.</param>
    public async Task HasNoMore(Guid? known = null)
    {
        await Task.Delay(150);
        while (_commands.Reader.TryRead(out var surprise))
        {
            Assert.True(surprise.Id == known, $"An unexpected command came: {surprise}");
        }
    }

    public async Task IsClosed(string phase)
    {
        await Task.WhenAny(_closed.Task, Task.Delay(Patience));
        Assert.True(_closed.Task.IsCompleted, $"{phase}: the connection should have been ended within {Patience}.");
    }

    public async ValueTask DisposeAsync() => await _hub.DisposeAsync();

    private static async Task<T> Take<T>(Channel<T> channel, string phase)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await channel.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{phase}: no {typeof(T).Name} came within {Patience}.");
        }
    }
}
